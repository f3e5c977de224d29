package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"rtbench/loadgen"
	"rtbench/report/regression"
	"rtbench/report/stats"
	"rtbench/scenarios"
)

// defaultSlowdown is the share of the response time by which a self-test slows the server down.
const defaultSlowdown = 0.10

// runSelfTest gates this program's server against itself, then against a copy slowed down by
// a share of the response time, as CPU work per message.
func (g *gateFlags) runSelfTest(ctx context.Context, list []*scenarios.Scenario) error {
	server, err := referenceServer("")
	if err != nil {
		return err
	}
	out, err := claimOutput(g.out, "self-test", "equal/base", "equal/head", "slower/base", "slower/head")
	if err != nil {
		return err
	}
	defer out.release()
	err = g.judgeSelfTest(ctx, list, server, out)
	return errors.Join(g.storeErr, err)
}

func (g *gateFlags) judgeSelfTest(ctx context.Context, list []*scenarios.Scenario, server []string, out *output) error {
	a := loadgen.Side{Server: server}
	equal, err := g.judge(ctx, list, out, "equal/", []loadgen.Place{{Base: a, Head: a}}, "this server", "this server again")
	if err != nil {
		return err
	}
	if err := g.writer.Write(os.Stdout, equal); err != nil {
		return err
	}
	p50, ok := equal.BaseValue("p50")
	if !ok {
		return exitError(exitInvalid, "the response p50 is not reported, so no slowdown can be set")
	}
	slowdown := time.Duration(g.slowdown * p50)
	slow, err := referenceServer(fmt.Sprintf("work=%dns", slowdown.Nanoseconds()))
	if err != nil {
		return err
	}
	name := fmt.Sprintf("this server with %v more work per message (%g %% of p50)", slowdown, 100*g.slowdown)
	slower, err := g.judge(ctx, list, out, "slower/", []loadgen.Place{{Base: a, Head: loadgen.Side{Server: slow}}}, "this server", name)
	if err != nil {
		return err
	}
	fmt.Println()
	if err := g.writer.Write(os.Stdout, slower); err != nil {
		return err
	}
	return selfTestError(equal, slower, g.slowdown)
}

// selfTestError reports whether the gate passed equal servers and found the slowdown. An
// inconclusive outcome for equal servers is a failure.
func selfTestError(equal, slower regression.Comparison, slowdown float64) error {
	word := map[bool]string{true: "ok", false: "FAILED"}
	fmt.Printf("\nSelf-test: equal servers: %s, %s · %g %% slower: %s, %s\n",
		equal.Outcome, word[equal.Outcome == stats.Pass], 100*slowdown, slower.Outcome, word[slower.Outcome == stats.Regression])
	switch {
	case equal.Outcome == stats.Regression:
		return exitError(exitRegression, "the gate found a regression between equal servers: this machine is too noisy now")
	case slower.Outcome != stats.Regression:
		return exitError(exitInconclusive, "the gate did not find the slowdown: this machine is too noisy now; more --pairs may help")
	case equal.Outcome != stats.Pass:
		return exitError(exitInconclusive, "equal servers were inconclusive: this machine is too noisy now; more --pairs may help")
	}
	return nil
}
