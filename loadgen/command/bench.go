package command

import (
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rtbench/scenarios"
)

// A benching is a scenario on one line.
type benching struct {
	draft     scenarios.Draft
	http2     bool
	out, save string
	view      viewing
}

const benchLong = `Measures a server without a scenario file. The URL says what is spoken:

  ws, wss        websocket, the guide's contract: echo (with a token in RTBENCH_TOKEN), fanout
  http, https    sse, with --http2 sse-h2, the guide's contract: push
  grpc, grpcs    grpc, the guide's contract: echo, upload
  HOST:PORT      the control address of an 'rtbench serve': every pattern, over --protocol
  tcp            the same, over tcp

Of other servers only the paths of the guide's contract can be measured so far:
/ws/authenticated, /ws/CLIENT, /stream, /stream/user. 'rtbench serve' has them all.
--save leaves the scenario that was run, to go on from.

Exit codes: those of 'rtbench run'`

func benchCommand() *cobra.Command {
	b := benching{draft: scenarios.DefaultDraft()}
	b.draft.Name, b.draft.Protocols = "bench", ""
	c := &cobra.Command{
		Use:   "bench URL",
		Short: "Measure one server, without a scenario file",
		Long:  benchLong,
		Example: `  rtbench bench 127.0.0.1:9000 -c 100 --rate 5k/s -d 30s      an 'rtbench serve', all protocols
  rtbench bench 127.0.0.1:9000 --protocol websocket,grpc --closed
  rtbench bench ws://127.0.0.1:9002 --pattern fanout -c 50 --rate 20/s
  rtbench bench https://example.org/stream -c 100 --rate 100/s --save mine.yaml`,
		Args: exactly(1, "one URL"),
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd, args[0]) },
	}
	draftFlags(c.Flags(), &b.draft)
	c.Flags().StringVar(&b.draft.Protocols, "protocol", "", "protocols of an 'rtbench serve' (default: all)")
	c.Flags().BoolVar(&b.http2, "http2", false, "speak HTTP/2 to an http or https URL")
	c.Flags().StringVarP(&b.out, "out", "o", "", "result directory (default results/TIME-bench)")
	c.Flags().StringVar(&b.save, "save", "", "write the scenario to `FILE`")
	b.view.flags(c)
	c.ValidArgsFunction = cobra.NoFileCompletions
	return c
}

func (b *benching) run(cmd *cobra.Command, at string) error {
	if err := b.point(cmd, at); err != nil {
		return err
	}
	if !cmd.Flags().Changed("rate") {
		adjustRate(&b.draft)
	}
	if d, err := time.ParseDuration(b.draft.Duration); err == nil && d < 5*time.Second {
		b.draft.Warmup = (d / 5).String()
	}
	if err := draftProblems(b.draft); err != nil {
		return err
	}
	if b.save != "" {
		if err := save(b.save, b.draft.Text(), false); err != nil {
			return err
		}
	}
	s, err := scenarios.Parse("bench", b.draft.Text())
	if err != nil {
		return codedError{err, exitScenario}
	}
	return b.view.run(cmd.Context(), []*scenarios.Scenario{s}, nil, b.out)
}

// schemes are the protocols that the scheme of a URL means.
var schemes = map[string]string{
	"ws": "websocket", "wss": "websocket", "http": "sse", "https": "sse", "grpc": "grpc", "grpcs": "grpc", "tcp": "tcp",
}

// point takes from the URL what it says.
func (b *benching) point(cmd *cobra.Command, at string) error {
	if !strings.Contains(at, "://") {
		b.draft.Target = at
		return b.noHTTP2("HOST:PORT")
	}
	u, err := url.Parse(at)
	if err != nil || u.Host == "" {
		return usage("%s: expected a URL such as ws://127.0.0.1:9002, or the control address of an `rtbench serve` such as 127.0.0.1:9000", at)
	}
	protocol := schemes[u.Scheme]
	switch {
	case protocol == "":
		return usage("%s: expected ws, wss, http, https, grpc, grpcs or tcp before ://", at)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return usage("%s: expected a URL of scheme, host, port and path alone; a token goes into RTBENCH_TOKEN", u.Redacted())
	case cmd.Flags().Changed("protocol"):
		return usage("--protocol with %s:// : expected one of them, the URL says what is spoken", u.Scheme)
	case protocol == "tcp":
		b.draft.Target, b.draft.Protocols = u.Host, protocol
		return b.noHTTP2(u.Scheme)
	}
	if b.http2 && protocol == "sse" {
		protocol = "sse-h2"
	} else if err := b.noHTTP2(u.Scheme); err != nil {
		return err
	}
	b.draft.Contract, b.draft.Protocols, b.draft.Target = "guide", protocol, u.Scheme+"://"+u.Host
	return b.choosePattern(cmd, u.Path)
}

func (b *benching) noHTTP2(what string) error {
	if b.http2 {
		return usage("--http2 with %s: expected an http or https URL with it", what)
	}
	return nil
}

// choosePattern takes the pattern that a path of the guide's contract has.
func (b *benching) choosePattern(cmd *cobra.Command, path string) error {
	pattern := map[string]string{"websocket": "echo", "sse": "push", "sse-h2": "push", "grpc": "echo"}[b.draft.Protocols]
	chat := strings.HasPrefix(path, "/ws/") && path != "/ws/authenticated" && len(path) > len("/ws/")
	isWebSocket, isEvents := b.draft.Protocols == "websocket", pattern == "push"
	switch {
	case path == "" || path == "/":
	case isWebSocket && path == "/ws/authenticated":
	case isWebSocket && chat:
		pattern = "fanout"
	case isEvents && (path == "/stream" || path == "/stream/user"):
		b.draft.Path = path
	default:
		return usage("path %s: only the guide's paths (/ws/authenticated, /ws/CLIENT, /stream, /stream/user) and rtbench's own server can be measured so far", path)
	}
	if !cmd.Flags().Changed("pattern") {
		b.draft.Pattern = pattern
	}
	if b.draft.Pattern == "echo" && isWebSocket && os.Getenv("RTBENCH_TOKEN") == "" {
		return usage("echo over ws takes a token: set RTBENCH_TOKEN (`rtbench serve --token-for me` prints one), or choose --pattern fanout; for an `rtbench serve` give its control address, such as 127.0.0.1:9000")
	}
	return nil
}
