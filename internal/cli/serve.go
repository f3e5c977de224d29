package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rtbench/proto"
	"rtbench/server"
	"rtbench/server/guide"
)

func serveCommand() *cobra.Command {
	cfg := server.Config{}.WithDefaults()
	var asJSON, untilStdin bool
	var ports map[string]int
	var users []string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the reference servers, all protocols in one process, until Ctrl-C",
		Example: `  rtbench serve
  rtbench serve --tls --port grpc=50051
  rtbench serve --port all=0          free ports for all protocols
  rtbench serve --token-for alice     with a token for /ws/authenticated and /stream/user`,
		Long: serveLong,
		Args: exactArgs(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if cfg.Ports, err = choosePorts(ports); err != nil {
				return err
			}
			if err := checkServe(cmd.Flags(), cfg); err != nil {
				return err
			}
			s, err := server.Start(cfg)
			if err != nil {
				return err
			}
			defer s.Close()
			info := s.Info()
			info.Tokens = map[string]string{}
			for _, user := range users {
				info.Tokens[user] = s.TokenFor(user)
			}
			if err := printInfo(os.Stdout, info, asJSON); err != nil {
				return err
			}
			awaitEnd(cmd.Context(), untilStdin)
			if s.Close(); asJSON {
				return json.NewEncoder(os.Stdout).Encode(s.Stats())
			}
			return nil
		},
	}
	c.Flags().StringVar(&cfg.Host, "host", "127.0.0.1", "address to listen on")
	c.Flags().StringToIntVar(&ports, "port", nil, "`PORTS` by protocol, control or all, such as grpc=50051,all=0 (0: a free port)")
	c.Flags().Lookup("port").DefValue = fmt.Sprintf("%d to %d", proto.ControlPort, proto.Protocols[len(proto.Protocols)-1].Port)
	c.Flags().StringVar(&cfg.Stack, "stack", proto.Stock, "`STACK` of each protocol that has it, the first that it has for the others: "+strings.Join(proto.StackNames(), ", "))
	c.Flags().StringVar(&cfg.Fault, "fault", "", "inject `FAULT` on every stream, such as delay=5ms, stall=400ms/2s or lose=10")
	c.Flags().StringSliceVar(&users, "token-for", nil, "print a token for `USER` of the guide's API, valid for this server only; repeatable")
	c.Flags().BoolVar(&cfg.TLS, "tls", false, "serve TLS with a self-signed certificate")
	c.Flags().StringVar(&cfg.Certificate, "certificate", "", "with --tls, `FILE` in PEM form with a certificate and its key instead of a new one")
	c.Flags().BoolVar(&asJSON, "json", false, "print the addresses as one line of JSON, and the counts as another at the end")
	c.Flags().BoolVar(&untilStdin, "until-stdin-ends", false, "also stop when standard input closes")
	limitFlags(c.Flags(), &cfg)
	guideServerFlags(c.Flags(), &cfg.Guide)
	return c
}

// awaitEnd returns when ctx ends, or standard input if that counts.
func awaitEnd(ctx context.Context, untilStdin bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if untilStdin {
		go func() {
			_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
			cancel()
		}()
	}
	<-ctx.Done()
}

const serveLong = `Runs the reference servers, all protocols in one process, until Ctrl-C. They serve the
patterns of scenarios, and the API that a public guide to real-time APIs describes:

  WebSocket  /ws/CLIENT           chat with all clients; answers {"type":"ping"} with pong
             /ws/authenticated    expects a token first, then echoes
  SSE        /stream              one event per interval, resumed by Last-Event-ID
             /stream/user?token=  the same per user (HTTP/1.1: sse, HTTP/2: sse-h2)
  gRPC       streaming.DataStreamService, health checking, reflection

Clients of MQTT find an ordinary broker without authentication.`

// checkServe validates the flags.
func checkServe(flags *pflag.FlagSet, cfg server.Config) error {
	if _, err := server.ParseFault(cfg.Fault); err != nil {
		return usageError("--fault: %w", err)
	}
	if cfg.Certificate != "" && !cfg.TLS {
		return usageError("--certificate without --tls; expected both")
	}
	if err := server.CheckStack(cfg.Stack); err != nil {
		return usageError("--%w", err)
	}
	return checkPositive(flags, "token-life", "heartbeat", "event-interval", "event-replay", "patience", "client-queue", "max-message", "max-clients",
		"max-connections", "max-streams", "max-header", "handshake-timeout")
}

// limitFlags registers the limits of connections and requests.
func limitFlags(f *pflag.FlagSet, cfg *server.Config) {
	f.IntVar(&cfg.MaxConnections, "max-connections", cfg.MaxConnections, "maximum connections per protocol; further ones are closed")
	f.IntVar(&cfg.MaxStreams, "max-streams", cfg.MaxStreams, "maximum streams of each protocol over HTTP/2 or HTTP/3, per connection and in total; further ones fail with RESOURCE_EXHAUSTED or HTTP status 503")
	f.IntVar(&cfg.MaxHeader, "max-header", cfg.MaxHeader, "maximum size of request headers in bytes")
	f.DurationVar(&cfg.HandshakeTimeout, "handshake-timeout", cfg.HandshakeTimeout, "time limit for the TLS handshake and for the first request")
}

// guideServerFlags registers the settings and limits of the guide's API.
func guideServerFlags(f *pflag.FlagSet, cfg *guide.Config) {
	f.DurationVar(&cfg.TokenLife, "token-life", cfg.TokenLife, "lifetime of a token")
	f.DurationVar(&cfg.Heartbeat, "heartbeat", cfg.Heartbeat, "interval of heartbeats to clients of /ws/…")
	f.DurationVar(&cfg.Interval, "event-interval", cfg.Interval, "interval of events on /stream and /stream/user")
	f.IntVar(&cfg.Replay, "event-replay", cfg.Replay, "past events kept for clients that reconnect to /stream")
	f.DurationVar(&cfg.Patience, "patience", cfg.Patience, "time limit for a client of the guide's API to send its token and to read a message")
	f.IntVar(&cfg.Queue, "client-queue", cfg.Queue, "queued messages per client of /ws/…; a client that exceeds it is disconnected")
	f.IntVar(&cfg.MaxMessage, "max-message", cfg.MaxMessage, "maximum message size in bytes from clients of /ws/… and the gRPC service")
	f.IntVar(&cfg.MaxClients, "max-clients", cfg.MaxClients, "maximum clients of /ws/… and of /stream, each")
}

// checkPositive reports the first of the named flags whose value is not above 0.
func checkPositive(flags *pflag.FlagSet, names ...string) error {
	for _, name := range names {
		if v := flags.Lookup(name).Value.String(); v == "0" || v == "0s" || strings.HasPrefix(v, "-") {
			return usageError("--%s %s: expected a value above 0", name, v)
		}
	}
	return nil
}

// choosePorts returns the port of each protocol: the user's, or the default.
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
			return nil, usageError("--port %s=%d: expected one of %s, control, all", name, port, strings.Join(proto.ProtocolNames(), ", "))
		}
		if port < 0 || port > 65535 {
			return nil, usageError("--port %s=%d: expected a port from 0 to 65535", name, port)
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
	names := proto.ProtocolNames()
	sort.Strings(names)
	for _, name := range names {
		if proto.QUIC(name) && info.Addresses[name] == "" {
			fmt.Fprintf(w, "%-12s with --tls, since QUIC is always encrypted\n", name)
			continue
		}
		fmt.Fprintf(w, "%-12s %-21s %s\n", name, info.Addresses[name], info.Stacks[name])
	}
	for _, user := range slices.Sorted(maps.Keys(info.Tokens)) {
		fmt.Fprintf(w, "token for %s: %s\n", user, info.Tokens[user])
	}
	_, err := fmt.Fprintf(w, "%-12s http://%s/ (addresses), http://%s/stats\n", "control", info.Control, info.Control)
	return err
}
