//go:build !nofleet

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"rtbench/loadgen/fleet"
)

func fleetCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "fleet",
		Short: "Start agents for 'rtbench run --agents'; complete or discard a run whose coordinator died",
		Args:  func(cmd *cobra.Command, args []string) error { return unknownCommand(cmd, args) },
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(fleetLocalCommand(), fleetSSHCommand(), fleetK8sCommand(), fleetCollectCommand(), fleetDiscardCommand())
	return c
}

func fleetLocalCommand() *cobra.Command {
	var bus busFlags
	n := 1
	c := &cobra.Command{
		Use:     "local --join URL",
		Short:   "Start agents on this machine, until Ctrl-C",
		Example: `  rtbench fleet local -n 3 --join nats://127.0.0.1:4222 --token-file token`,
		Args:    exactArgs(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			exe, err := os.Executable()
			if err != nil {
				return fmt.Errorf("finding the executable of rtbench: %w", err)
			}
			var commands [][]string
			for range n {
				commands = append(commands, []string{exe})
			}
			return startAgents(cmd.Context(), bus, commands)
		},
	}
	bus.register(c, "join", "`URL` of the fleet's NATS server")
	c.Flags().IntVarP(&n, "number", "n", n, "`NUMBER` of agents")
	return c
}

func fleetSSHCommand() *cobra.Command {
	var bus busFlags
	program := "rtbench"
	c := &cobra.Command{
		Use:   "ssh HOSTS --join URL",
		Short: "Start an agent on each host of a file, over SSH, until Ctrl-C",
		Long: `Starts an agent on each host over SSH, until Ctrl-C. The file HOSTS has a host per line, as ssh takes it.
The token goes to the agents' standard input. Each host needs rtbench, of the same version.`,
		Example: `  rtbench fleet ssh hosts.txt --join nats://10.0.0.1:4222 --token-file token`,
		Args:    exactArgs(1, "one file of hosts"),
		RunE: func(cmd *cobra.Command, args []string) error {
			hosts, err := readHosts(args[0])
			if err != nil {
				return err
			}
			var commands [][]string
			for _, host := range hosts {
				commands = append(commands, []string{"ssh", "-o", "BatchMode=yes", "--", host, program})
			}
			return startAgents(cmd.Context(), bus, commands)
		},
	}
	bus.register(c, "join", "`URL` of the fleet's NATS server, as the hosts reach it")
	c.Flags().StringVar(&program, "program", program, "`PATH` of rtbench on the hosts")
	return c
}

// readHosts returns the lines of a file without those that are empty or comments.
func readHosts(file string) (hosts []string, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, usageError("%w; expected a file with a host per line", err)
	}
	for line := range strings.Lines(string(b)) {
		if host := strings.TrimSpace(line); host != "" && host[0] != '#' {
			hosts = append(hosts, host)
		}
	}
	if len(hosts) == 0 {
		return nil, usageError("%s: found no host; expected one per line", file)
	}
	return hosts, nil
}

// startAgents runs an agent with each command, to which it adds the arguments, until ctx ends or all have
// exited.
func startAgents(ctx context.Context, bus busFlags, commands [][]string) error {
	if bus.url == "" {
		return usageError("--join: expected the address of NATS, such as nats://10.0.0.1:4222")
	}
	token, err := readToken(bus.tokenFile)
	if err != nil {
		return err
	}
	args := []string{"agent", "--join", bus.url, "--token-file", "-", "--until-stdin-ends"}
	if bus.ca != "" {
		args = append(args, "--nats-ca", bus.ca)
	}
	errs := make([]error, len(commands))
	var all sync.WaitGroup
	for i, command := range commands {
		all.Go(func() {
			if errs[i] = runAgent(ctx, append(command[:len(command):len(command)], args...), token); errs[i] != nil {
				errs[i] = fmt.Errorf("agent %d (%s): %w", i+1, strings.Join(command, " "), errs[i])
			}
		})
	}
	fmt.Fprintf(os.Stderr, "started %d agents; Ctrl-C stops them\n", len(commands))
	all.Wait()
	return errors.Join(errs...)
}

// runAgent runs an agent, with the token on its standard input, which is closed when ctx ends.
func runAgent(ctx context.Context, command []string, token string) error {
	c := exec.Command(command[0], command[1:]...)
	c.Env = append(os.Environ(), fleet.TokenVariable+"=") // it is in standard input
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = in.Close() })()
	w := bufio.NewWriter(in)
	fmt.Fprintln(w, token)
	if err := w.Flush(); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		_ = in.Close()
	}
	return c.Wait()
}
