//go:build !nofleet

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/loadgen/fleet"
	"rtbench/proto"
	"rtbench/report/result"
)

// collectFlags are those of fleet collect.
type collectFlags struct {
	bus  busFlags
	out  string
	view viewFlags
}

func fleetCollectCommand() *cobra.Command {
	var f collectFlags
	c := &cobra.Command{
		Use:   "collect [RUN] --nats URL",
		Short: "Complete a run whose coordinator died",
		Long: `Completes a run of 'rtbench run --agents' or 'rtbench bench --agents' whose process died. It needs
the NATS server of --nats, which keeps the plan and the results of the run, and waits for the agents,
which finish the repetition by its plan. The result is that of the run, up to that repetition; the
CPU time and memory of the server are unknown in it.

Without RUN it takes the only run without a coordinator, or lists what NATS keeps. It does nothing
while the coordinator is running. Afterwards NATS keeps nothing of the run; 'rtbench fleet discard'
removes one that nobody needs.

Exit codes: as of 'rtbench run'; 105 if repetitions are missing`,
		Example: `  rtbench fleet collect --nats nats://10.0.0.1:4222 --token-file token
  rtbench fleet collect 20260102-150405-3fa2b1 --nats nats://10.0.0.1:4222 --token-file token`,
		Args: optionalArg("one run"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), strings.Join(args, "")) },
	}
	f.bus.register(c, "nats", "`URL` of the NATS server of the run")
	c.Flags().StringVarP(&f.out, "out", "o", "", "write the result to `DIR` (default results/TIME-NAME)")
	f.view.register(c)
	f.view.registerVerbose(c)
	f.view.registerStrict(c)
	c.ValidArgsFunction = cobra.NoFileCompletions
	return c
}

func (f *collectFlags) run(ctx context.Context, run string) error {
	say := sayUnless(f.view.quiet)
	k, err := f.bus.take(ctx, run, say, fleet.NewCollector)
	if err != nil {
		return err
	}
	defer k.Close()
	dir, err := claimOutput(f.out, strings.Join(k.Scenarios(), "-"))
	if err != nil {
		return err
	}
	defer dir.release()
	say("collecting run %s, once its coordinator has been silent for 10 s", k.RunName())
	remains, err := k.Wait(ctx, func(agents int) {
		if agents > 0 {
			say("waiting for %s to finish by plan", result.Plural(agents, "agent"))
		}
	})
	if err != nil {
		return collectError(ctx, err)
	}
	res, err := remains.Complete()
	if err != nil {
		return err
	}
	if remains.ServerDied {
		warn([]error{errors.New("the repetition that ran is left out: the coordinator had started the server, which died with it")})
	}
	at, err := f.view.deliver(dir, res)
	if at != "" {
		if failed := k.Remove(); failed != nil {
			warn([]error{fmt.Errorf("NATS still keeps run %s: %w", k.RunName(), failed)})
		}
	}
	return errors.Join(err, f.outcome(res, len(remains.Jobs)))
}

// outcome returns the exit code for the result of so many planned repetitions; nil for success.
func (f *collectFlags) outcome(res *result.Result, planned int) error {
	err := f.view.runError(res)
	var withCode exitCodeError
	if !errors.As(err, &withCode) || withCode.code != exitInterrupted {
		return err
	}
	ran := map[int]bool{} // those of groups ran together
	for _, r := range res.Repetitions() {
		ran[r.Order] = true
	}
	return exitError(exitInterrupted, "interrupted: the result has %d of %s, because the coordinator died", len(ran), result.Plural(planned, "repetition"))
}

// take takes a run that NATS keeps.
func (f *busFlags) take(ctx context.Context, run string, say func(string, ...any), take func(context.Context, fleet.Bus, string, string, func(error)) (*fleet.Collector, error)) (*fleet.Collector, error) {
	if f.url == "" {
		return nil, usageError("--nats: expected the address of the NATS server of the run, such as nats://10.0.0.1:4222")
	}
	token, err := readToken(f.tokenFile)
	if err != nil {
		return nil, err
	}
	k, err := take(ctx, fleet.Bus{URL: f.url, CA: f.ca, Token: token}, run, proto.VersionAndCommit(),
		func(err error) { say("waiting for %s: %v", f.url, err) })
	if err != nil {
		return nil, collectError(ctx, err)
	}
	return k, nil
}

// collectError adds the exit code to an error that left the run as it was.
func collectError(ctx context.Context, err error) error {
	var unknown *fleet.UnknownRunError
	switch {
	case ctx.Err() != nil:
		return exitError(exitInterrupted, "interrupted; NATS still keeps the run")
	case errors.As(err, &unknown):
		if unknown.Run == "" {
			for _, left := range unknown.Left {
				fmt.Fprintln(os.Stderr, left)
			}
		}
		return exitCodeError{err, exitUsage}
	}
	return err
}
