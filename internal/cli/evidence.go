package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rtbench/report"
	"rtbench/report/claims"
	"rtbench/report/html"
	"rtbench/report/result"
)

// showEvidence prints the verdicts of stored evidence.
func showEvidence(dir string, cells []*claims.Cell, format report.GuideFormat) error {
	e, err := result.ReadEvidence(dir)
	if err != nil {
		return err
	}
	if e.Empty() {
		return fmt.Errorf("%s: no evidence found; expected a directory written by `rtbench guide`", dir)
	}
	return format.Write(os.Stdout, report.Guide{Claims: claims.Judge(e, cells), Evidence: e})
}

// storeVerdicts writes the verdicts and the HTML report to the evidence directory.
func storeVerdicts(dir string, list []claims.Claim, e *result.Evidence) error {
	var out bytes.Buffer
	if err := report.GuideJSON(&out, report.Guide{Claims: list, Evidence: e}); err != nil {
		return err
	}
	return errors.Join(
		result.WriteFile(filepath.Join(dir, result.VerdictsName), out.Bytes()),
		writeReport(dir, func(w io.Writer) error { return html.WriteGuide(w, e, list) }))
}

// directory returns the evidence directory, resumed or new. release removes it if it is empty.
func (g evidenceFlags) directory() (dir string, release func(), err error) {
	switch {
	case g.resume != "" && g.out != "":
		return "", nil, usageError("--resume with --out: expected one of them")
	case g.resume != "":
		if _, err := result.ReadEvidence(g.resume); err != nil {
			return "", nil, err
		}
		if err := result.CheckWritable(g.resume); err != nil {
			return "", nil, fmt.Errorf("no evidence gathered, because it cannot be stored: %w", err)
		}
		return g.resume, func() { result.RemoveEmptyJournal(g.resume) }, nil
	}
	if e, err := result.ReadEvidence(g.out); g.out != "" && err == nil && !e.Empty() {
		return "", nil, usageError("--out %s: contains evidence; continue it with --resume %s, or choose another directory", g.out, g.out)
	}
	o, err := claimOutput(g.out, "guide")
	if err != nil {
		return "", nil, err
	}
	return o.path, o.release, nil
}
