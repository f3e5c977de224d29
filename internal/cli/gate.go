package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"rtbench/report/regression"
	"rtbench/report/result"
)

// gateFlags are the flags of gate.
type gateFlags struct {
	judgeFlags
	base, head []string // targets; two of each if the servers swap machines
	baseURL    string   // of the server that base's command starts
	headURL    string
	pprof      [2][]string // URLs of the profiles of base and head, as many as base
	explain    bool        // a regression of reference servers, by profiles
	out        string
	pairs      int
	quick      bool
	selfTest   bool
	slowdown   float64 // of a self-test, as a share of the p50
	capacity   bool    // judge that instead of metrics of pairs
	search     searchFlags
	read       scenarioFlags
	view       viewFlags
	storeErr   error // from storing the result
}

func gateCommand() *cobra.Command {
	var g gateFlags
	c := &cobra.Command{
		Use:   "gate --base TARGET --head TARGET [SCENARIO…]",
		Short: "Run two servers in turn and report whether head is slower than base",
		Long:  gateLong + "\n" + profilesHelp() + gateJob,
		Example: `  rtbench gate --base exec:'./old serve --json' --head exec:'./new serve --json'
  rtbench gate --base 127.0.0.1:9000 --head 127.0.0.1:9100 mine.yaml --metrics p50,p99
  rtbench gate --metrics capacity --objective 'p(99) < 10ms' --base exec:'./old serve --json' --head exec:'./new serve --json'
  rtbench gate --self-test`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.check(cmd); err != nil {
				return err
			}
			if len(args) == 0 {
				args = []string{"gate"}
			}
			list, err := g.read.open(args, "", false)
			if err != nil {
				return err
			}
			if g.capacity {
				return g.runCapacity(cmd.Context(), list)
			}
			if err := g.directByScenarios(list); err != nil {
				return err
			}
			g.shorten(list)
			if g.selfTest {
				return g.runSelfTest(cmd.Context(), list)
			}
			return g.run(cmd.Context(), list)
		},
	}
	g.register(c, regression.DefaultFloor)
	c.Flags().StringArrayVar(&g.base, "base", nil, "`TARGET` to compare with; twice if base and head swap machines")
	c.Flags().StringArrayVar(&g.head, "head", nil, "`TARGET` to judge; twice if base and head swap machines")
	c.Flags().StringVar(&g.baseURL, "base-url", "", "`URL` at which the server of --base exec:COMMAND is reached, for scenarios with a custom target")
	c.Flags().StringVar(&g.headURL, "head-url", "", "`URL` for --head, like --base-url")
	c.Flags().StringArrayVar(&g.pprof[0], "base-pprof", nil, "`URL` of base's profiles, such as http://127.0.0.1:6060; as often as --base")
	c.Flags().StringArrayVar(&g.pprof[1], "head-pprof", nil, "`URL` of head's profiles, like --base-pprof")
	c.Flags().BoolVar(&g.explain, "explain", true, "after a regression of reference servers, profile them in the worst cell (a minute)")
	c.Flags().IntVar(&g.pairs, "pairs", 20, "maximum `NUMBER` of valid pairs; even if base and head swap machines")
	c.Flags().BoolVar(&g.quick, "quick", false, "use runs of 250 ms and at most 24 pairs; takes under 30 s per cell")
	c.Flags().BoolVar(&g.selfTest, "self-test", false, "check on this machine that equal servers pass and that a slowdown is found")
	c.Flags().Float64Var(&g.slowdown, "slowdown", defaultSlowdown, "with --self-test: slow the server down by `SHARE` of its p50 (0.1 is 10 %); the floor is half of it")
	c.Flags().StringVarP(&g.out, "out", "o", "", "write the results to `DIR`/base and DIR/head (default results/TIME-gate)")
	g.search.register(c, "with --metrics capacity: ")
	g.read.registerProfile(c)
	g.view.register(c)
	g.view.fleet.register(c)
	return c
}

const gateLong = `Runs each cell on base and head, pair after pair, each with fresh servers. If event loops
drive the load, both servers of a pair stay up and the load alternates between them in turns
of 0.1 s; otherwise they run one after the other (A B, B A, …). The log-ratios of the pairs
are judged by an exact Wilcoxon signed-rank test, with the Hodges-Lehmann ratio and its
confidence interval, and Holm's correction over the metrics: after half, three quarters and
all of the pairs, with 1/6, 1/3 and 1/2 of the error level, or once at the end if there are
15 or fewer. The gate stops as soon as the result is certain.

A TARGET is one of:

  exec:COMMAND  starts a server through the shell. It must print its addresses as one line
                of JSON, as 'rtbench serve --json' does, and stop on SIGINT or when its
                standard input closes. A cell with TLS or another stack passes the flags for it
                as arguments: exec:'./old serve --json "$@"'. For a scenario with a custom
                target it starts your server, and --base-url or --head-url says where:
                --base exec:'node old.js' --base-url ws://127.0.0.1:8080. rtbench waits
                until it accepts connections, reads the CPU of its processes and stops it.
  HOST:PORT     control address of a running 'rtbench serve'.
  URL           for scenarios with a custom target, instead of the URL of that scheme in
                the scenario: wss://staging.example.org/chat.

Servers on two machines also differ by their machines. Start both builds on both, and give
each flag twice, with the machines in swapped order:

  rtbench gate --base A:9000 --base B:9000 --head B:9100 --head A:9100

Then base and head swap their machines after each pair, and two pairs are one sample, in
which the machines' speeds cancel. With --agents, agents send the load of each run together.

With --metrics capacity the gate searches the highest load under which each side meets an
objective, as 'rtbench capacity' does, and compares the two. The steps of both searches take
turns. Each search ends by its own precision, whatever the other finds, so interim looks cost
no error level. The floor is 10 %, and --precision two fifths of the floor.

If the scenario has the key profile, or with --base-pprof and --head-pprof, both servers are
profiled after the pairs, in repetitions that are not measured, and the functions that changed
most are named.

Changes below the floor are ignored: 5 %, or twice the noise that 'rtbench calibrate'
measured for this load on this machine.
`

const gateJob = `
Exit codes: 0 no regression · 1 failed · 2 usage, or --floor below the noise of this
machine · 104 invalid scenario · 105 interrupted · 111 regression · 112 inconclusive, unless
--allow-inconclusive · 113 too many runs not used · 114 agent lost · 115 base does not start
or does not answer

A CI job that passes only if head was compared with base and is not slower (docs/ci.md has
one with a comment on the pull request, and one for GitLab):

  - uses: actions/checkout@v4
    with: {fetch-depth: 0}
  - uses: actions/setup-go@v5
    with: {go-version-file: go.mod}
  - run: |
      go build -o head .
      git worktree add ../base origin/${{ github.base_ref }}
      (cd ../base && go build -o "$GITHUB_WORKSPACE/base" .)
      ./head calibrate
      ./head gate --format md --base "exec:./base serve --json --port all=0" \
        --head "exec:./head serve --json --port all=0" >> "$GITHUB_STEP_SUMMARY"`

func (g *gateFlags) check(cmd *cobra.Command) error {
	if err := g.checkCapacity(cmd); err != nil {
		return err
	}
	if err := g.judgeFlags.check(cmd); err != nil {
		return err
	}
	if g.selfTest && !g.floorSet {
		g.floor = g.slowdown / 2 // as far from the slowdown as from none
	}
	if g.quick && !cmd.Flags().Changed("pairs") {
		g.pairs = 24
	}
	switch {
	case g.pairs < 1 || g.pairs > 1000:
		return usageError("--pairs %d: expected 1 to 1000", g.pairs)
	case g.selfTest && len(g.base)+len(g.head) > 0:
		return usageError("--self-test with --base or --head: expected neither; it compares this program with itself")
	case !g.selfTest && cmd.Flags().Changed("slowdown"):
		return usageError("--slowdown without --self-test: expected both")
	case !(g.slowdown >= 0.01 && g.slowdown <= 10):
		return usageError("--slowdown %g: expected a share from 0.01 to 10, such as 0.1 for 10 %%", g.slowdown)
	case !g.selfTest && len(g.base) == 0:
		return exitError(exitNoBaseline, "--base is missing; expected the baseline target (see `rtbench gate --help`)")
	case !g.selfTest && len(g.head) == 0:
		return usageError("--head is missing; expected the target to judge (see `rtbench gate --help`)")
	case !g.selfTest && (len(g.base) != len(g.head) || len(g.base) > 2):
		return usageError("--base is given %d times and --head %d times; expected each once, or each twice if they swap machines", len(g.base), len(g.head))
	case len(g.pprof[0]) != len(g.pprof[1]) || len(g.pprof[0]) > 0 && len(g.pprof[0]) != len(g.base):
		return usageError("--base-pprof is given %d times and --head-pprof %d times; expected both as often as --base", len(g.pprof[0]), len(g.pprof[1]))
	case len(g.base) == 2 && g.pairs%2 != 0:
		return usageError("--pairs %d: expected an even number, because two pairs are one sample if base and head swap machines", g.pairs)
	}
	return nil
}

// unfinished returns why runs ended early, with the directory of their results; nil if they did not.
func unfinished(ctx context.Context, at string, results ...*result.Result) error {
	if ctx.Err() != nil {
		return exitError(exitInterrupted, "interrupted%s", formatDir("; the measurements so far are in %s", at))
	}
	for _, r := range results {
		for _, rep := range r.Repetitions() {
			if lost := rep.Lost(); lost != "" {
				return exitError(exitAgentLost, "%s%s", lost, formatDir(" (%s)", at))
			}
		}
	}
	return nil
}

// formatDir returns format with dir inserted, or "" if dir is empty.
func formatDir(format, dir string) string {
	if dir == "" {
		return ""
	}
	return fmt.Sprintf(format, dir)
}
