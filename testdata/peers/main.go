// Command peers runs the same work with rtbench, with other load generators and with a floor
// written in C, interleaved, and prints a comparison. README.md explains its limits.
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

// A plan holds the user's options.
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
	// Children run in their own process groups, so Ctrl-C reaches only this process, which then
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
	f.StringVar(&pattern, "work", "", "run the works that match this regexp (default all): "+workNames())
	f.IntVar(&p.repetitions, "n", 5, "repetitions of each contender")
	f.IntVar(&p.seconds, "seconds", 3, "duration of each run in seconds")
	f.StringVar(&p.rtbench, "rtbench", "", "rtbench binary to run (default: built from -root)")
	f.StringVar(&p.root, "root", "../..", "rtbench's repository")
	f.StringVar(&p.json, "json", "", "write all runs to this file")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 || p.repetitions < 1 || p.seconds < 1 {
		return nil, errors.New("expected no arguments, and at least 1 for -n and -seconds")
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
		return nil, fmt.Errorf("-work %s matches no work; expected one of %s", pattern, workNames())
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
	b := &bench{dir: dir, root: p.root, seconds: p.seconds}
	if b.tools, err = findTools(ctx, p); err != nil {
		return err
	}
	fmt.Print(machine(ctx, p, b.tools))
	var all []*run
	for _, w := range p.works {
		runs := p.repeat(ctx, b, w)
		all = append(all, runs...)
		fmt.Print(table(w, runs, b.missing(w)))
		if ctx.Err() != nil {
			fmt.Println("\nInterrupted before the end.")
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

// repeat runs the contenders of w in the order A B C, C B A, A B C and so on, so that drift of
// the machine affects all of them equally.
func (p *plan) repeat(ctx context.Context, b *bench, w work) (runs []*run) {
	contenders := b.present(w)
	for rep := range p.repetitions {
		for i := range contenders {
			c := contenders[i]
			if rep%2 == 1 {
				c = contenders[len(contenders)-1-i]
			}
			r := b.runOnce(ctx, w, c)
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
