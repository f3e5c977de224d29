package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rtbench/proto"
	"rtbench/report"
	"rtbench/report/claims"
	"rtbench/report/result"
)

func chooseCommand() *cobra.Command {
	var dir, topology, stack string
	c := &cobra.Command{
		Use:   "choose",
		Short: "Choose a protocol with the guide's decision tree",
		Long: `Asks the questions of the decision tree in the guide (see 'rtbench guide --help') and
prints its advice, with the verdicts and figures of the newest 'rtbench guide' run behind
it. Where performance matters, a protocol that this run confirmed to be ahead overrules
the guide. Flags answer questions in advance; other answers are read as yes or no, one
per line.

A path through the tree does not ask every question. If an answer excludes the advised
protocol, as a browser excludes gRPC, the output says so and names the alternatives.`,
		Example: `  rtbench choose
  rtbench choose --bidirectional --binary=false --performance --browser
  rtbench choose --bidirectional --binary=false --performance --topology one`,
		Args: exactArgs(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(checkTopology(topology), checkStack(stack)); err != nil {
				return err
			}
			at, evidence := newestEvidence(dir)
			ask := questionnaire{flags: cmd.Flags(), lines: bufio.NewScanner(os.Stdin), answers: claims.Answers{}}
			end, err := claims.Tree.Walk(ask.answer)
			if err != nil {
				return err
			}
			in := claims.SituationFor(ask.answers, topology, stack)
			found := claims.Find(evidence, in)
			open := ask.remaining(end, found)
			return report.Advice(os.Stdout, report.Inquiry{
				End: end, Answers: ask.answers, Open: open, Situation: in, Found: found, Evidence: evidence, Dir: at,
			})
		},
	}
	for _, q := range claims.Tree.Questions() {
		c.Flags().Bool(q.ID, false, q.Question)
	}
	c.Flags().StringVar(&topology, "topology", "", "measurements with `TOPOLOGY` count: "+topologyIDs()+" (default: all)")
	c.Flags().StringVar(&stack, "stack", "", "measurements with `STACK` count: "+strings.Join(proto.StackNames(), ", ")+" (default: the best of each protocol's, except lean)")
	complete(c, "stack", completeWords(proto.StackNames()...))
	c.Flags().StringVar(&dir, "results", "results", "look for evidence in `DIR`")
	return c
}

// topologyIDs describes the values of --topology.
func topologyIDs() string {
	var parts []string
	for _, t := range claims.Topologies {
		parts = append(parts, t.ID+" ("+t.Name+")")
	}
	return strings.Join(parts, ", ")
}

func checkTopology(id string) error {
	if id == "" || slices.ContainsFunc(claims.Topologies, func(t claims.Topology) bool { return t.ID == id }) {
		return nil
	}
	return usageError("--topology %s: expected one of %s", id, topologyIDs())
}

func checkStack(name string) error {
	if name == "" || slices.Contains(proto.StackNames(), name) {
		return nil
	}
	return usageError("--stack %s: expected one of %s", name, strings.Join(proto.StackNames(), ", "))
}

// A questionnaire takes answers from flags or standard input.
type questionnaire struct {
	flags   *pflag.FlagSet
	lines   *bufio.Scanner
	asked   bool // a question was answered on standard input
	answers claims.Answers
}

// fromFlag takes the answer of a flag, and reports whether it is set.
func (a *questionnaire) fromFlag(id string) bool {
	if a.flags.Changed(id) {
		a.answers[id], _ = a.flags.GetBool(id) // fails only for other types of flags
	}
	return a.flags.Changed(id)
}

// answer returns the answer to a question of the tree.
func (a *questionnaire) answer(s *claims.Step) (bool, error) {
	if a.fromFlag(s.ID) {
		return a.answers[s.ID], nil
	}
	for range 3 {
		fmt.Fprintf(os.Stderr, "%s [yes/no] ", s.Question)
		if !a.lines.Scan() {
			fmt.Fprintln(os.Stderr)
			return false, usageError("no answer to %q: expected yes or no, or --%s or --%s=false", s.Question, s.ID, s.ID)
		}
		a.asked = true
		words := map[string]bool{"y": true, "yes": true, "true": true, "n": false, "no": false, "false": false}
		if yes, ok := words[strings.ToLower(strings.TrimSpace(a.lines.Text()))]; ok {
			a.answers[s.ID] = yes
			return yes, nil
		}
	}
	return false, usageError("no answer to %q: expected yes or no", s.Question)
}

// remaining completes the answers after the tree was walked: from flags, and by asking about
// browser and binary if they change the choice. It asks only if the user has answered a question
// before, so that a script that sets flags is asked nothing. It returns the unanswered questions.
func (a *questionnaire) remaining(end *claims.Step, found claims.Findings) (open []string) {
	var left []*claims.Step
	for _, q := range claims.Tree.Questions() {
		if _, known := a.answers[q.ID]; !known && !a.fromFlag(q.ID) {
			left = append(left, q)
		}
	}
	for _, q := range left {
		if q.ID == "performance" || !claims.ChangesChoice(q.ID, end, a.answers, found) {
			continue
		}
		if a.asked {
			if _, err := a.answer(q); err == nil {
				continue
			}
		}
		open = append(open, q.ID)
	}
	return open
}

// newestEvidence returns the newest evidence directly below dir and its path; nil if there is none.
func newestEvidence(dir string) (string, *result.Evidence) {
	entries, _ := os.ReadDir(dir) // an unreadable directory has no evidence
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
