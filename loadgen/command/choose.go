package command

import (
	"bufio"
	"fmt"
	"os"
	"strings"

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
guide's advice, and says what the newest result under a directory says about what the
advice rests on. Answers are yes or no, one a line.`,
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
			return report.Advice(os.Stdout, end, newest(dir))
		},
	}
	for _, q := range claims.Tree.Questions() {
		c.Flags().Bool(q.ID, false, q.Question)
	}
	c.Flags().StringVar(&dir, "results", "results", "directory of results to look into")
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

// newest is the newest result under a directory from which the guide's performance can
// be judged; its Result is nil where there is none.
func newest(dir string) result.Named {
	list, _, _ := result.ReadAll(dir) // what cannot be read has nothing to say here
	for i := len(list) - 1; i >= 0; i-- {
		for _, c := range claims.Performance(list[i].Result) {
			if c.Verdict != claims.NotTestable {
				return list[i]
			}
		}
	}
	return result.Named{}
}
