package cli

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rtbench/report"
	"rtbench/report/claims"
	"rtbench/report/result"
)

func chooseCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "choose",
		Short: "Ask the guide's questions, and say which protocol it advises and what was measured here",
		Long: `Asks the questions of the guide's decision tree that no flag answers, gives the
guide's advice, and says what the newest evidence of rtbench guide says about the
cells of its table that the advice rests on. Answers are yes or no, one a line.

The tree does not ask each question on each of its ways. All answers count: where one rules
out what the guide advises, such as gRPC in a browser, it says so and names what is left.`,
		Example: `  rtbench choose
  rtbench choose --bidirectional --binary=false --performance --browser`,
		Args: exactArgs(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, evidence := newestEvidence(dir)
			ask := questionnaire{flags: cmd.Flags(), lines: bufio.NewScanner(os.Stdin), answers: claims.Answers{}}
			end, err := claims.Tree.Walk(ask.answer)
			if err != nil {
				return err
			}
			open, err := ask.remaining(end, report.VerdictsOf(evidence))
			if err != nil {
				return err
			}
			return report.Advice(os.Stdout, end, ask.answers, open, at, evidence)
		},
	}
	for _, q := range claims.Tree.Questions() {
		c.Flags().Bool(q.ID, false, q.Question)
	}
	c.Flags().StringVar(&dir, "results", "results", "directory to look for evidence in")
	return c
}

// An questionnaire takes answers from flags, or asks for them.
type questionnaire struct {
	flags   *pflag.FlagSet
	lines   *bufio.Scanner
	asked   bool // a question was answered on standard input
	answers claims.Answers
}

// answer takes the answer to a question that the guide's tree asks.
func (a *questionnaire) answer(s *claims.Step) (bool, error) {
	if a.flags.Changed(s.ID) {
		yes, err := a.flags.GetBool(s.ID)
		a.answers[s.ID] = yes
		return yes, err
	}
	for range 3 {
		fmt.Fprintf(os.Stderr, "%s [yes/no] ", s.Question)
		if !a.lines.Scan() {
			fmt.Fprintln(os.Stderr)
			return false, usageError("no answer to %q: expected yes or no, or --%s or --%s=false", s.Question, s.ID, s.ID)
		}
		a.asked = true
		switch strings.ToLower(strings.TrimSpace(a.lines.Text())) {
		case "y", "yes", "true":
			a.answers[s.ID] = true
			return true, nil
		case "n", "no", "false":
			a.answers[s.ID] = false
			return false, nil
		}
	}
	return false, usageError("no answer to %q: expected yes or no", s.Question)
}

// remaining takes the answers that the tree has not asked for: of flags all, and it asks for browser
// and binary where they change the choice. It returns those that nobody answered: a script
// that gives all that the tree asks for by flags is asked nothing.
func (a *questionnaire) remaining(end *claims.Step, verdict func(string) claims.Verdict) (open []string, err error) {
	var left []*claims.Step
	for _, q := range claims.Tree.Questions() {
		if _, known := a.answers[q.ID]; known {
			continue
		}
		if a.flags.Changed(q.ID) {
			if a.answers[q.ID], err = a.flags.GetBool(q.ID); err != nil {
				return nil, err
			}
			continue
		}
		left = append(left, q)
	}
	for _, q := range left {
		if q.ID == "performance" || !claims.ChangesChoice(q.ID, end, a.answers, verdict) {
			continue
		}
		if a.asked {
			if _, err := a.answer(q); err == nil {
				continue
			}
		}
		open = append(open, q.ID)
	}
	return open, nil
}

// newestEvidence finds the newest evidence right under a directory: its name, and
// nothing where there is none.
func newestEvidence(dir string) (string, *result.Evidence) {
	entries, _ := os.ReadDir(dir) // what cannot be read has nothing to say here
	var newest string
	var found *result.Evidence
	var when time.Time
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		info, err := os.Stat(filepath.Join(path, result.VerdictsName))
		if err != nil || info.ModTime().Before(when) {
			continue
		}
		if e, err := result.ReadEvidence(path); err == nil && !e.Empty() {
			newest, found, when = path, e, info.ModTime()
		}
	}
	return newest, found
}
