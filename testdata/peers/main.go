// Command peers runs the same work with rtbench, with other load generators and with
// a floor written in C, one after the other and in turn, and prints how they compare.
// README.md beside it says what that can show and what not.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
)

// A plan is what the user asked for.
type plan struct {
	works       []work
	repetitions int
	seconds     int
	rtbench     string
	root        string
	json        string
}

func main() {
	p, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(2)
	}
	// Children are in groups of their own, so Ctrl-C reaches this process alone and it
	// ends them.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := p.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func parse(args []string) (*plan, error) {
	var p plan
	var pattern string
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.StringVar(&pattern, "work", "", "run the works that this regexp matches (default all): "+workNames())
	f.IntVar(&p.repetitions, "n", 5, "repetitions: how often each contender runs")
	f.IntVar(&p.seconds, "seconds", 5, "how long each run is")
	f.StringVar(&p.rtbench, "rtbench", "", "the rtbench to run (default: built from -root)")
	f.StringVar(&p.root, "root", "../..", "rtbench's repository")
	f.StringVar(&p.json, "json", "", "file to write all runs to")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 || p.repetitions < 1 || p.seconds < 1 {
		return nil, errors.New("no arguments are expected, and -n and -seconds of at least 1")
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("-work: %w", err)
	}
	for _, w := range works() {
		if re.MatchString(w.name) {
			p.works = append(p.works, w)
		}
	}
	if len(p.works) == 0 {
		return nil, fmt.Errorf("-work %s matches none of %s", pattern, workNames())
	}
	p.root, err = filepath.Abs(p.root)
	return &p, err
}

func (p *plan) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "rtbench-peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, root: p.root, seconds: p.seconds, eventBytes: map[string]float64{}}
	if b.tools, err = findTools(ctx, p); err != nil {
		return err
	}
	b.probe(ctx)
	fmt.Print(machine(ctx, p, b.tools))
	var all []*run
	for _, w := range p.works {
		runs := p.repeat(ctx, b, w)
		all = append(all, runs...)
		fmt.Print(table(w, runs, b.missing(w)))
		if ctx.Err() != nil {
			fmt.Println("\nInterrupted: not all of it ran.")
			break
		}
	}
	if p.json == "" {
		return nil
	}
	data, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(p.json, append(data, '\n'), 0o644)
}

// repeat runs the contenders of w in turn: A B C, C B A, A B C and so on, so that
// what drifts on the machine meets all of them alike.
func (p *plan) repeat(ctx context.Context, b *bench, w work) (runs []*run) {
	contenders := b.present(w)
	for rep := range p.repetitions {
		for i := range contenders {
			c := contenders[i]
			if rep%2 == 1 {
				c = contenders[len(contenders)-1-i]
			}
			r := b.try(ctx, w, c)
			if ctx.Err() != nil {
				return runs
			}
			r.Repetition, r.Order = rep+1, len(runs)+1
			runs = append(runs, r)
			fmt.Fprintf(os.Stderr, "%s #%d %s\n", w.name, rep+1, r)
		}
	}
	return runs
}
