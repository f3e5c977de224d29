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

// saveEvidenceElsewhere stores evidence that its directory cannot take in a temporary one, and
// returns what the user must know.
func saveEvidenceElsewhere(dir string, e *result.Evidence, why error) error {
	elsewhere, err := os.MkdirTemp("", "rtbench-")
	if err == nil {
		err = e.Write(elsewhere)
	}
	if err == nil {
		return fmt.Errorf("the evidence is in %s, as it could not be written to %s: %w", elsewhere, dir, why)
	}
	if elsewhere != "" {
		_ = os.RemoveAll(elsewhere)
	}
	return fmt.Errorf("not all evidence could be written to %s: %w; nor to %s: %w; free some space and go on with rtbench guide --resume %s", dir, why, os.TempDir(), err, dir)
}

// showEvidence prints what evidence that is there comes to.
func showEvidence(dir string, cells []*claims.Cell, format report.GuideFormat) error {
	e, err := result.ReadEvidence(dir)
	if err != nil {
		return err
	}
	if e.Empty() {
		return fmt.Errorf("%s: there is no evidence here (expected a directory that `rtbench guide` made)", dir)
	}
	return format.Write(os.Stdout, claims.Judge(e, cells), e)
}

// storeVerdicts leaves the claims and the report beside their evidence.
func storeVerdicts(dir string, list []claims.Claim, e *result.Evidence) error {
	var out bytes.Buffer
	if err := report.GuideJSON(&out, list, e); err != nil {
		return err
	}
	return errors.Join(
		result.WriteFile(filepath.Join(dir, result.VerdictsName), out.Bytes()),
		writeReport(dir, func(w io.Writer) error { return html.WriteGuide(w, e, list) }))
}

// directory is that of the evidence: the one to go on with, or a new one. release gives it
// up, and removes it if nothing was gathered.
func (g evidenceFlags) directory() (dir string, release func(), err error) {
	switch {
	case g.resume != "" && g.out != "":
		return "", nil, usageError("--resume with --out: expected one of them")
	case g.resume != "":
		if _, err := result.ReadEvidence(g.resume); err != nil {
			return "", nil, err
		}
		if err := result.CheckWritable(g.resume); err != nil {
			return "", nil, fmt.Errorf("no evidence could be stored, so none was gathered: %w", err)
		}
		return g.resume, func() { result.RemoveEmptyJournal(g.resume) }, nil
	}
	if e, err := result.ReadEvidence(g.out); g.out != "" && err == nil && !e.Empty() {
		return "", nil, usageError("%s holds evidence already; go on with it by --resume %s, or choose another directory with --out", g.out, g.out)
	}
	o, err := claimOutput(g.out, "guide")
	if err != nil {
		return "", nil, err
	}
	return o.path, o.release, nil
}
