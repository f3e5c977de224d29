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

// A benchFlags is a scenario on one line.
type benchFlags struct {
	draft     scenarios.Draft
	api       string
	http2     bool
	out, save string
	force     bool // overwrite save
	view      viewFlags
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
RTBENCH_TOKEN), /ws/CLIENT, /stream, /stream/user, and grpc without a path. --api own
says otherwise. --save leaves the scenario that was run, to go on from.

Exit codes: those of 'rtbench run'`

func benchCommand() *cobra.Command {
	b := benchFlags{draft: scenarios.DefaultDraft()}
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
  rtbench bench ws://127.0.0.1:9002 --api guide --pattern fanout --rate 20/s`,
		Args: exactArgs(1, "one URL"),
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd, args[0]) },
	}
	draftFlags(c.Flags(), &b.draft)
	rate := c.Flags().Lookup("rate")
	rate.DefValue = "" // it depends on the server
	rate.Usage += " (default 200/s; 4k/s of an 'rtbench serve'; 100/s of fanout; of push as the server sends)"
	targetFlags(c.Flags(), &b.draft.Custom)
	c.Flags().StringVar(&b.api, "api", "", "own, or guide for a server that has the guide's messages (default: what the path means)")
	c.Flags().StringVar(&b.draft.Protocols, "protocol", "", "protocols of an 'rtbench serve' (default: all)")
	c.Flags().BoolVar(&b.http2, "http2", false, "speak HTTP/2 to an http or https URL")
	c.Flags().StringVarP(&b.out, "out", "o", "", "result directory (default results/TIME-bench)")
	c.Flags().StringVar(&b.save, "save", "", "write the scenario to `FILE`, once a server has answered")
	c.Flags().BoolVar(&b.force, "force", false, "overwrite the FILE of --save")
	b.view.register(c)
	c.ValidArgsFunction = cobra.NoFileCompletions
	complete(c, "api", completeWords("own", "guide"))
	completeTargetFlags(c)
	return c
}

func (b *benchFlags) run(cmd *cobra.Command, url string) error {
	if err := b.parseTarget(cmd, url); err != nil {
		return err
	}
	if err := b.methodPattern(cmd); err != nil {
		return err
	}
	if !cmd.Flags().Changed("rate") {
		defaultRate(&b.draft)
	}
	if d, err := time.ParseDuration(b.draft.Duration); err == nil && d < 5*time.Second {
		b.draft.Warmup = (d / 5).String()
	}
	if err := checkDraft(b.draft); err != nil {
		return err
	}
	s, err := scenarios.ParseWith(benchFile, b.draft.Text(), scenarios.Options{Lookup: os.LookupEnv})
	if err != nil {
		return exitCodeError{err, exitScenario}
	}
	if refused, _ := loadgen.CheckLoad([]*scenarios.Scenario{s}); len(refused) > 0 {
		return flagProblems(refused)
	}
	if err := checkSave(b.save, b.force); err != nil {
		return err
	}
	b.view.onOpen = b.saveScenario
	return explainInvalid(b.view.run(cmd.Context(), []*scenarios.Scenario{s}, nil, b.out), string(b.draft.Text()))
}

// checkSave reports whether the scenario can be saved there, before anything is measured.
func checkSave(file string, force bool) error {
	if file == "" {
		return nil
	}
	info, err := os.Stat(file)
	switch {
	case err == nil && info.IsDir():
		return usageError("--save %s: it is a directory; expected a file", file)
	case err == nil && !force:
		return usageError("--save %s exists; choose another name, or overwrite it with --force", file)
	}
	if err := result.CheckWritable(filepath.Dir(file)); err != nil {
		return fmt.Errorf("--save %s: %w; choose another file", file, err)
	}
	return nil
}

// saveScenario saves what runs.
func (b *benchFlags) saveScenario() error {
	if b.save == "" {
		return nil
	}
	saved := b.draft
	saved.Custom = relativeTo(filepath.Dir(b.save), saved.Custom)
	return save(b.save, saved.Text(), b.force)
}

// schemeProtocols are the protocols that the scheme of a URL means with the guide's contract.
var schemeProtocols = map[string]string{
	"ws": "websocket", "wss": "websocket", "http": "sse", "https": "sse", "grpc": "grpc", "grpcs": "grpc", "tcp": "tcp",
}

// parseTarget takes from the URL what it says.
func (b *benchFlags) parseTarget(cmd *cobra.Command, at string) error {
	if b.api != "" && b.api != "own" && b.api != "guide" {
		return usageError("--api %s: expected own or guide", b.api)
	}
	if fault := scenarios.AddressFault(at); fault != "" {
		return exitError(exitScenario, "URL: %s", nameFlags(fault))
	}
	at, err := checkURL(at)
	if err != nil {
		return err
	}
	scheme, rest, isURL := strings.Cut(at, "://")
	switch {
	case !isURL && b.api != "":
		return usageError("--api %s with HOST:PORT: expected a URL such as wss://host/path, or no --api for an `rtbench serve`", b.api)
	case !isURL:
		if flag := firstTargetFlag(cmd.Flags()); flag != "" {
			return usageError("--%s with HOST:PORT: expected a URL with it, such as wss://host/path; %s is the control address of an `rtbench serve`", flag, at)
		}
		b.draft.Address = at
		return b.rejectHTTP2("HOST:PORT")
	case cmd.Flags().Changed("protocol"):
		return usageError("--protocol with %s:// : expected one of them, the URL says what is spoken", scheme)
	}
	b.draft.Protocols, b.draft.Address = schemeProtocols[scheme], at
	if b.http2 && b.draft.Protocols == "sse" {
		b.draft.Protocols = "sse-h2"
	} else if err := b.rejectHTTP2(scheme); err != nil {
		return err
	}
	host, path, hasPath := strings.Cut(rest, "/")
	if hasPath {
		path = "/" + path
	}
	targetFlag := firstTargetFlag(cmd.Flags())
	meant := b.api == "guide" || b.api == "" && targetFlag == "" && isGuidePath(b.draft.Protocols, path)
	if !meant {
		return b.customTarget(cmd)
	}
	if targetFlag != "" {
		return usageError("--%s with --api guide: expected one of them, the guide's contract has messages of its own", targetFlag)
	}
	if host == "" || strings.ContainsAny(at, "@?#") {
		return usageError("expected a URL of scheme, host, port and path alone; a token goes into RTBENCH_TOKEN")
	}
	b.draft.API, b.draft.Address = "guide", scheme+"://"+host
	return b.guidePattern(cmd, path)
}

func (b *benchFlags) rejectHTTP2(what string) error {
	if b.http2 {
		return usageError("--http2 with %s: expected an http or https URL with it", what)
	}
	return nil
}

// customTarget takes a server of the user's own.
func (b *benchFlags) customTarget(cmd *cobra.Command) error {
	b.draft.API = "own"
	if !cmd.Flags().Changed("pattern") && strings.HasPrefix(b.draft.Protocols, "sse") && b.draft.Custom.Post == "" {
		b.draft.Pattern = "push"
	}
	return checkTargetFlags(cmd.Flags(), &b.draft.Custom)
}

// methodPattern takes the pattern that a gRPC method has, where none was chosen. What is wrong
// with the draft is told later, and is told of one whose server does not answer.
func (b *benchFlags) methodPattern(cmd *cobra.Command) error {
	d := b.draft
	if d.API != "own" || d.Protocols != "grpc" || cmd.Flags().Changed("pattern") {
		return nil
	}
	probe := scenarios.DefaultDraft()
	probe.Name, probe.API, probe.Protocols, probe.Address = d.Name, d.API, d.Protocols, d.Address
	probe.Pattern, probe.Rate = "push", "" // which need no message
	o := d.Custom
	probe.Custom = scenarios.CustomDraft{
		Headers: o.Headers, BearerEnv: o.BearerEnv, BearerFile: o.BearerFile, Proto: o.Proto, Import: o.Import,
		CA: o.CA, Cert: o.Cert, Key: o.Key, ServerName: o.ServerName, Insecure: o.Insecure,
	}
	s, err := scenarios.ParseWith("bench", probe.Text(), scenarios.Options{Lookup: os.LookupEnv})
	if err != nil {
		return nil //nolint:nilerr // draftProblems has better words for it
	}
	pattern, why, err := target.NaturalPattern(cmd.Context(), s)
	var unanswered *target.ReflectionError
	switch {
	case errors.As(err, &unanswered):
		defaultRate(&d)
		if problems := checkDraft(d); problems != nil {
			return problems
		}
		return fmt.Errorf("%w%s", err, hint(unanswered.Class(), d.Address))
	case err != nil:
		return explainInvalid(&loadgen.InvalidError{Scenario: d.Name, Err: err}, string(d.Text()))
	}
	if pattern != d.Pattern && !b.view.quiet {
		fmt.Fprintf(os.Stderr, "%s: measured with --pattern %s\n", why, pattern)
	}
	b.draft.Pattern = pattern
	return nil
}

// isGuidePath says whether a path of a URL is one that the guide's contract has.
func isGuidePath(protocol, path string) bool {
	client, isClient := strings.CutPrefix(path, "/ws/")
	switch protocol {
	case "websocket":
		return isClient && client != "" && !strings.ContainsAny(client, "/?#")
	case "sse", "sse-h2":
		return slices.Contains([]string{"/stream", "/stream/user"}, path)
	}
	return protocol == "grpc" && (path == "" || path == "/")
}

// guidePattern takes the pattern that a path of the guide's contract has.
func (b *benchFlags) guidePattern(cmd *cobra.Command, path string) error {
	pattern := map[string]string{"websocket": "echo", "sse": "push", "sse-h2": "push", "grpc": "echo"}[b.draft.Protocols]
	isWebSocket := b.draft.Protocols == "websocket"
	switch {
	case path == "" || path == "/" || path == "/ws/authenticated" && isWebSocket:
	case !isGuidePath(b.draft.Protocols, path) || pattern == "":
		return usageError("path %s with --api guide: expected one of the guide's (/ws/authenticated, /ws/CLIENT, /stream, /stream/user), or --api own", path)
	case isWebSocket:
		pattern = "fanout"
	default:
		b.draft.Path = path
	}
	if !cmd.Flags().Changed("pattern") {
		b.draft.Pattern = pattern
	}
	if b.draft.Pattern == "echo" && isWebSocket && os.Getenv("RTBENCH_TOKEN") == "" {
		return usageError("echo over ws takes a token: set RTBENCH_TOKEN (`rtbench serve --token-for me` prints one), or choose --pattern fanout; for an `rtbench serve` give its control address, such as 127.0.0.1:9000")
	}
	return nil
}
