package command

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
cells of its table that the advice rests on. Answers are yes or no, one a line.`,
		Example: `  rtbench choose
  rtbench choose --bidirectional --binary=false --performance`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			lines := bufio.NewScanner(os.Stdin)
			end, err := claims.Tree.Walk(func(s *claims.Step) (bool, error) {
				return answer(cmd.Flags(), lines, s)
			})
			if err != nil {
				return err
			}
			at, evidence := newestEvidence(dir)
			return report.Advice(os.Stdout, end, at, evidence)
		},
	}
	for _, q := range claims.Tree.Questions() {
		c.Flags().Bool(q.ID, false, q.Question)
	}
	c.Flags().StringVar(&dir, "results", "results", "directory to look for evidence in")
	return c
}

// answer takes the answer from a flag, or asks for it.
func answer(flags *pflag.FlagSet, lines *bufio.Scanner, s *claims.Step) (bool, error) {
	if flags.Changed(s.ID) {
		return flags.GetBool(s.ID)
	}
	for range 3 {
		fmt.Fprintf(os.Stderr, "%s [yes/no] ", s.Question)
		if !lines.Scan() {
			fmt.Fprintln(os.Stderr)
			return false, usage("no answer to %q: expected yes or no, or --%s or --%s=false", s.Question, s.ID, s.ID)
		}
		switch strings.ToLower(strings.TrimSpace(lines.Text())) {
		case "y", "yes", "true":
			return true, nil
		case "n", "no", "false":
			return false, nil
		}
	}
	return false, usage("no answer to %q: expected yes or no", s.Question)
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
