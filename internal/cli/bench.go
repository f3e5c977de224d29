package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/loadgen/target"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A benching is a scenario on one line.
type benching struct {
	draft     scenarios.Draft
	contract  string
	http2     bool
	out, save string
	force     bool // overwrite save
	view      viewing
}

// benchFile stands for the file of the scenario that flags make.
const benchFile = "bench"

const benchLong = `Measures a server without a scenario file. The URL says what is spoken:

  ws, wss        websocket: echo of each message
  http, https    sse, with --http2 sse-h2: push, the server sets the pace
  grpc, grpcs    grpc, the method in the path: grpcs://host/pkg.Service/Method; its kind
                 says the pattern: push of server, upload of client streaming, else echo
  tcp            messages are lines
  HOST:PORT      the control address of an 'rtbench serve': every pattern, over --protocol

What is sent says --message; without it rtbench's own message is, which the server must
return as it is. Secrets come from variables: in single quotes, so that the shell does not
fill them in, as in -H 'Authorization: Bearer ${TOKEN}'.

The paths of the guide's contract mean its messages: /ws/authenticated (with a token in
RTBENCH_TOKEN), /ws/CLIENT, /stream, /stream/user, and grpc without a path. --contract own
says otherwise. --save leaves the scenario that was run, to go on from.

Exit codes: those of 'rtbench run'`

func benchCommand() *cobra.Command {
	b := benching{draft: scenarios.DefaultDraft()}
	b.draft.Name, b.draft.Protocols = "bench", ""
	c := &cobra.Command{
		Use:   "bench URL",
		Short: "Measure one server, without a scenario file",
		Long:  benchLong,
		Example: `  rtbench bench wss://example.org/chat --message '{"id":{{.RequestNumber}}}' --match field:id
  rtbench bench https://example.org/events -c 50 -d 30s -H 'Authorization: Bearer ${TOKEN}'
  rtbench bench grpcs://example.org/chat.Chat/Talk --message '{"text":"hello"}' --rate 100/s
  rtbench bench tcp://127.0.0.1:7000 --message 'PING' --closed
  rtbench bench 127.0.0.1:9000 -c 100 --rate 5k/s -d 30s      an 'rtbench serve', all protocols
  rtbench bench ws://127.0.0.1:9002 --contract guide --pattern fanout --rate 20/s`,
		Args: exactly(1, "one URL"),
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd, args[0]) },
	}
	draftFlags(c.Flags(), &b.draft)
	rate := c.Flags().Lookup("rate")
	rate.DefValue = "" // it depends on the server
	rate.Usage += " (default 200/s; 4k/s of an 'rtbench serve'; 100/s of fanout; of push as the server sends)"
	ownFlags(c.Flags(), &b.draft.Custom)
	c.Flags().StringVar(&b.contract, "contract", "", "own, or guide for a server that has the guide's messages (default: what the path means)")
	c.Flags().StringVar(&b.draft.Protocols, "protocol", "", "protocols of an 'rtbench serve' (default: all)")
	c.Flags().BoolVar(&b.http2, "http2", false, "speak HTTP/2 to an http or https URL")
	c.Flags().StringVarP(&b.out, "out", "o", "", "result directory (default results/TIME-bench)")
	c.Flags().StringVar(&b.save, "save", "", "write the scenario to `FILE`, once a server has answered")
	c.Flags().BoolVar(&b.force, "force", false, "overwrite the FILE of --save")
	b.view.flags(c)
	c.ValidArgsFunction = cobra.NoFileCompletions
	complete(c, "contract", completeWords("own", "guide"))
	ownCompletions(c)
	return c
}

func (b *benching) run(cmd *cobra.Command, at string) error {
	if err := b.point(cmd, at); err != nil {
		return err
	}
	if err := b.askPattern(cmd); err != nil {
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
	s, err := scenarios.ParseWith(benchFile, b.draft.Text(), scenarios.Options{Lookup: os.LookupEnv})
	if err != nil {
		return codedError{err, exitScenario}
	}
	if refused, _ := loadgen.CheckLoad([]*scenarios.Scenario{s}); len(refused) > 0 {
		return problemsAsFlags(refused)
	}
	if err := checkSave(b.save, b.force); err != nil {
		return err
	}
	b.view.opened = b.saveScenario
	return asFlags(b.view.run(cmd.Context(), []*scenarios.Scenario{s}, nil, b.out), string(b.draft.Text()))
}

// checkSave reports whether the scenario can be saved there, before anything is measured.
func checkSave(file string, force bool) error {
	if file == "" {
		return nil
	}
	info, err := os.Stat(file)
	switch {
	case err == nil && info.IsDir():
		return usage("--save %s: it is a directory; expected a file", file)
	case err == nil && !force:
		return usage("--save %s exists; choose another name, or overwrite it with --force", file)
	}
	if err := result.CheckWritable(filepath.Dir(file)); err != nil {
		return fmt.Errorf("--save %s: %w; choose another file", file, err)
	}
	return nil
}

// saveScenario saves what runs.
func (b *benching) saveScenario() error {
	if b.save == "" {
		return nil
	}
	saved := b.draft
	saved.Custom = movedTo(filepath.Dir(b.save), saved.Custom)
	return save(b.save, saved.Text(), b.force)
}

// schemes are the protocols that the scheme of a URL means with the guide's contract.
var schemes = map[string]string{
	"ws": "websocket", "wss": "websocket", "http": "sse", "https": "sse", "grpc": "grpc", "grpcs": "grpc", "tcp": "tcp",
}

// point takes from the URL what it says.
func (b *benching) point(cmd *cobra.Command, at string) error {
	if b.contract != "" && b.contract != "own" && b.contract != "guide" {
		return usage("--contract %s: expected own or guide", b.contract)
	}
	if fault := scenarios.AddressFault(at); fault != "" {
		return coded(exitScenario, "URL: %s", inFlags(fault))
	}
	at, err := typedURL(at)
	if err != nil {
		return err
	}
	scheme, rest, isURL := strings.Cut(at, "://")
	switch {
	case !isURL && b.contract != "":
		return usage("--contract %s with HOST:PORT: expected a URL such as wss://host/path, or no --contract for an `rtbench serve`", b.contract)
	case !isURL:
		if flag := ownFlagOf(cmd.Flags()); flag != "" {
			return usage("--%s with HOST:PORT: expected a URL with it, such as wss://host/path; %s is the control address of an `rtbench serve`", flag, at)
		}
		b.draft.Address = at
		return b.noHTTP2("HOST:PORT")
	case cmd.Flags().Changed("protocol"):
		return usage("--protocol with %s:// : expected one of them, the URL says what is spoken", scheme)
	}
	b.draft.Protocols, b.draft.Address = schemes[scheme], at
	if b.http2 && b.draft.Protocols == "sse" {
		b.draft.Protocols = "sse-h2"
	} else if err := b.noHTTP2(scheme); err != nil {
		return err
	}
	host, path, hasPath := strings.Cut(rest, "/")
	if hasPath {
		path = "/" + path
	}
	ownFlag := ownFlagOf(cmd.Flags())
	meant := b.contract == "guide" || b.contract == "" && ownFlag == "" && guidePath(b.draft.Protocols, path)
	if !meant {
		return b.pointOwn(cmd)
	}
	if ownFlag != "" {
		return usage("--%s with --contract guide: expected one of them, the guide's contract has messages of its own", ownFlag)
	}
	if host == "" || strings.ContainsAny(at, "@?#") {
		return usage("expected a URL of scheme, host, port and path alone; a token goes into RTBENCH_TOKEN")
	}
	b.draft.API, b.draft.Address = "guide", scheme+"://"+host
	return b.choosePattern(cmd, path)
}

func (b *benching) noHTTP2(what string) error {
	if b.http2 {
		return usage("--http2 with %s: expected an http or https URL with it", what)
	}
	return nil
}

// pointOwn takes a server of the user's own.
func (b *benching) pointOwn(cmd *cobra.Command) error {
	b.draft.API = "own"
	if !cmd.Flags().Changed("pattern") && strings.HasPrefix(b.draft.Protocols, "sse") && b.draft.Custom.Post == "" {
		b.draft.Pattern = "push"
	}
	return checkOwnFlags(cmd.Flags(), &b.draft.Custom)
}

// askPattern takes the pattern that a gRPC method has, where none was chosen. What is wrong
// with the draft is told later, and is told of one whose server does not answer.
func (b *benching) askPattern(cmd *cobra.Command) error {
	d := b.draft
	if d.API != "own" || d.Protocols != "grpc" || cmd.Flags().Changed("pattern") {
		return nil
	}
	asking := scenarios.DefaultDraft()
	asking.Name, asking.API, asking.Protocols, asking.Address = d.Name, d.API, d.Protocols, d.Address
	asking.Pattern, asking.Rate = "push", "" // which need no message
	o := d.Custom
	asking.Custom = scenarios.CustomDraft{
		Headers: o.Headers, BearerEnv: o.BearerEnv, BearerFile: o.BearerFile, Proto: o.Proto, Import: o.Import,
		CA: o.CA, Cert: o.Cert, Key: o.Key, ServerName: o.ServerName, Insecure: o.Insecure,
	}
	s, err := scenarios.ParseWith("bench", asking.Text(), scenarios.Options{Lookup: os.LookupEnv})
	if err != nil {
		return nil //nolint:nilerr // draftProblems has better words for it
	}
	pattern, why, err := target.Natural(cmd.Context(), s)
	var unanswered *target.UnansweredError
	switch {
	case errors.As(err, &unanswered):
		adjustRate(&d)
		if problems := draftProblems(d); problems != nil {
			return problems
		}
		return fmt.Errorf("%w%s", err, nextStep(unanswered.Class(), d.Address))
	case err != nil:
		return asFlags(&loadgen.InvalidError{Scenario: d.Name, Err: err}, string(d.Text()))
	}
	if pattern != d.Pattern && !b.view.quiet {
		fmt.Fprintf(os.Stderr, "%s: measured with --pattern %s\n", why, pattern)
	}
	b.draft.Pattern = pattern
	return nil
}

// guidePath says whether a path of a URL is one that the guide's contract has.
func guidePath(protocol, path string) bool {
	client, isClient := strings.CutPrefix(path, "/ws/")
	switch protocol {
	case "websocket":
		return isClient && client != "" && !strings.ContainsAny(client, "/?#")
	case "sse", "sse-h2":
		return slices.Contains([]string{"/stream", "/stream/user"}, path)
	}
	return protocol == "grpc" && (path == "" || path == "/")
}

// choosePattern takes the pattern that a path of the guide's contract has.
func (b *benching) choosePattern(cmd *cobra.Command, path string) error {
	pattern := map[string]string{"websocket": "echo", "sse": "push", "sse-h2": "push", "grpc": "echo"}[b.draft.Protocols]
	isWebSocket := b.draft.Protocols == "websocket"
	switch {
	case path == "" || path == "/" || path == "/ws/authenticated" && isWebSocket:
	case !guidePath(b.draft.Protocols, path) || pattern == "":
		return usage("path %s with --contract guide: expected one of the guide's (/ws/authenticated, /ws/CLIENT, /stream, /stream/user), or --contract own", path)
	case isWebSocket:
		pattern = "fanout"
	default:
		b.draft.Path = path
	}
	if !cmd.Flags().Changed("pattern") {
		b.draft.Pattern = pattern
	}
	if b.draft.Pattern == "echo" && isWebSocket && os.Getenv("RTBENCH_TOKEN") == "" {
		return usage("echo over ws takes a token: set RTBENCH_TOKEN (`rtbench serve --token-for me` prints one), or choose --pattern fanout; for an `rtbench serve` give its control address, such as 127.0.0.1:9000")
	}
	return nil
}
