package command

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/proto"
	"rtbench/server"
)

func serveCommand() *cobra.Command {
	var cfg server.Config
	var asJSON, untilStdin bool
	var ports map[string]int
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the reference servers, all protocols in one process, until Ctrl-C",
		Example: `  rtbench serve
  rtbench serve --tls --port grpc=50051
  rtbench serve --port all=0          free ports for all`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if cfg.Ports, err = choosePorts(ports); err != nil {
				return err
			}
			if _, err := server.ParseFault(cfg.Fault); err != nil {
				return usage("--fault: %w", err)
			}
			if !slices.Contains(server.Engines, cfg.Engine) {
				return usage("--engine %s: expected goroutine or loop", cfg.Engine)
			}
			if cfg.Engine == server.Loops && cfg.TLS {
				return usage("--engine loop with --tls: an event loop needs bare connections; expected one of the two")
			}
			s, err := server.Start(cfg)
			if err != nil {
				return err
			}
			defer s.Close()
			if err := printInfo(os.Stdout, s.Info(), asJSON); err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(cmd.Context())
			if untilStdin {
				go func() {
					_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
					cancel()
				}()
			}
			<-ctx.Done()
			cancel()
			return nil
		},
	}
	c.Flags().StringVar(&cfg.Host, "host", "127.0.0.1", "address to listen on")
	c.Flags().StringToIntVar(&ports, "port", nil, "port of a protocol, of control, or of all: grpc=50051,all=0 (0: a free one)")
	c.Flags().StringVar((*string)(&cfg.Engine), "engine", string(server.Goroutines), "what receives on the connections of tcp, websocket and sse: `ENGINE` goroutine (one for each) or loop (event loops)")
	c.Flags().StringVar(&cfg.Fault, "fault", "", "what to do wrong on every stream, to test clients by: `FAULT` such as delay=5ms, stall=400ms/2s, lose=10")
	c.Flags().BoolVar(&cfg.TLS, "tls", false, "serve TLS with a certificate made at start")
	c.Flags().BoolVar(&asJSON, "json", false, "print the addresses as one line of JSON")
	c.Flags().BoolVar(&untilStdin, "until-stdin-ends", false, "stop when standard input ends, as well as by signal")
	return c
}

// choosePorts completes the ports that the user named by the default ones.
func choosePorts(named map[string]int) (map[string]int, error) {
	ports := map[string]int{"control": proto.ControlPort}
	for _, p := range proto.Protocols {
		ports[p.Name] = p.Port
	}
	if all, ok := named["all"]; ok {
		for name := range ports {
			ports[name] = all
		}
	}
	for name, port := range named {
		if _, ok := ports[name]; !ok && name != "all" {
			return nil, usage("--port %s=%d: expected one of %s, control, all", name, port, strings.Join(proto.ProtocolNames(), ", "))
		}
		if port < 0 || port > 65535 {
			return nil, usage("--port %s=%d: expected a port from 0 to 65535", name, port)
		}
		if name != "all" {
			ports[name] = port
		}
	}
	return ports, nil
}

func printInfo(w io.Writer, info proto.Info, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(info)
	}
	fmt.Fprintf(w, "%-10s %s\n", "engine", info.Engine)
	names := proto.ProtocolNames()
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(w, "%-10s %s\n", name, info.Addresses[name])
	}
	_, err := fmt.Fprintf(w, "%-10s http://%s/ (addresses), http://%s/stats\n", "control", info.Control, info.Control)
	return err
}
