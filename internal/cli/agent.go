//go:build !nofleet

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/loadgen/fleet"
	"rtbench/proto"
)

// fleetCommands are the commands of fleets.
func fleetCommands() []*cobra.Command { return []*cobra.Command{agentCommand(), fleetCommand()} }

// agentFlags describe an agent.
type agentFlags struct {
	bus        busFlags
	name       string
	commands   bool
	untilStdin bool
}

func agentCommand() *cobra.Command {
	var f agentFlags
	c := &cobra.Command{
		Use:   "agent --join URL",
		Short: "Run shares of repetitions for 'rtbench run --agents', until Ctrl-C",
		Long: `Joins a fleet: connects to NATS and runs shares of repetitions for one coordinator after the
other. The coordinator is an 'rtbench run' with --agents of the same version.

The agent gets scenarios with the files that they name, except secrets: variables, tokens, keys and
rows with passwords come from its own environment and files.`,
		Example: `  rtbench agent --join nats://10.0.0.1:4222 --token-file token
  rtbench agent --join tls://10.0.0.1:4222 --nats-ca ca.pem --token-file token`,
		Args: exactArgs(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.serve(cmd.Context()) },
	}
	f.bus.register(c, "join", "`URL` of the fleet's NATS server")
	c.Flags().StringVar(&f.name, "name", fleet.AgentName(), "`NAME` of the agent in reports, different from all others")
	c.Flags().Lookup("name").DefValue = "the host's name with a random suffix"
	c.Flags().BoolVar(&f.commands, "allow-commands", false, "run the commands that scenarios name (target.bearer.command)")
	c.Flags().BoolVar(&f.untilStdin, "until-stdin-ends", false, "stop when standard input closes, and only then")
	return c
}

func (f *agentFlags) serve(ctx context.Context) error {
	if f.bus.url == "" {
		return usageError("--join: expected the address of NATS, such as nats://10.0.0.1:4222")
	}
	token, err := readToken(f.bus.tokenFile)
	if err != nil {
		return err
	}
	if f.untilStdin { // the coordinator decides, also after Ctrl-C in its terminal
		signal.Ignore(os.Interrupt)
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		go func() {
			_, _ = io.Copy(io.Discard, stdin)
			cancel()
		}()
	}
	say := sayUnless(f.untilStdin)
	a := &fleet.Agent{
		Bus: fleet.Bus{URL: f.bus.url, CA: f.bus.ca, Token: token}, Name: f.name, Version: proto.VersionAndCommit(),
		AllowCommands: f.commands, Run: loadgen.RunShare,
		Waiting: func(err error) { say("waiting for %s: %v", f.bus.url, err) },
		Notice:  func(text string) { fmt.Fprintf(os.Stderr, "agent %s: %s\n", f.name, text) },
		Joined:  func() { say("agent %s joined the fleet at %s", f.name, f.bus.url) },
	}
	return a.Serve(ctx)
}

// stdin is standard input, whose first line may be a token.
var stdin = bufio.NewReader(os.Stdin)

// readToken returns the token in a file, or in the environment if there is no file.
func readToken(file string) (string, error) {
	var text []byte
	var err error
	switch file {
	case "":
		text = []byte(os.Getenv(fleet.TokenVariable))
		if len(text) == 0 {
			return "", usageError("no token: expected --token-file FILE, or the token in %s", fleet.TokenVariable)
		}
	case "-":
		text, err = stdin.ReadBytes('\n')
	default:
		text, err = os.ReadFile(file)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", usageError("--token-file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", usageError("--token-file %s: it is empty; expected the fleet's token", file)
	}
	return token, nil
}
