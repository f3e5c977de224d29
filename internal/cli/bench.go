package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// benchFlags describe a scenario on the command line.
type benchFlags struct {
	settings  scenarios.Settings
	http2     bool
	out, save string
	force     bool // overwrite save
	view      viewFlags
}

const benchLong = `Measures a server without a scenario file. The URL selects protocol and pattern:

  ws, wss        WebSocket (with --http2 over HTTP/2), pattern echo
  http, https    SSE (with --http2 over HTTP/2, with --protocol sse-h3 over HTTP/3), or with
                 --protocol long-poll long polling, pattern push at the server's rate;
                 with --protocol webtransport one message per line, pattern echo
  grpc, grpcs    gRPC, with the method in the path: grpcs://host/pkg.Service/Method.
                 Server streaming is push, client streaming is upload, others are echo.
  mqtt, mqtts    MQTT 5, with the topic in the path: each message comes back from the broker,
                 pattern echo
  tcp            one message per line, pattern echo
  HOST:PORT      control address of 'rtbench serve': any pattern and --protocol

--message sets the payload. By default rtbench sends a message of its own, which the
server must return unchanged. Pass secrets as environment variables, in single quotes
so that the shell does not expand them: -H 'Authorization: Bearer ${TOKEN}'.

The paths /ws/authenticated (token in RTBENCH_TOKEN), /ws/CLIENT, /stream and
/stream/user, and grpc URLs without a path, select the API of the guide (see
'rtbench serve --help'); override this with --api custom. --save writes the scenario.

Exit codes: see 'rtbench run --help'`

func benchCommand() *cobra.Command {
	b := benchFlags{settings: scenarios.DefaultSettings()}
	b.settings.Put("name", "bench")
	c := &cobra.Command{
		Use:   "bench URL",
		Short: "Measure one server, without a scenario file",
		Long:  benchLong,
		Example: `  rtbench bench wss://example.org/chat --message '{"id":{{.RequestNumber}}}' --match field:id
  rtbench bench https://example.org/events -c 50 -d 30s -H 'Authorization: Bearer ${TOKEN}'
  rtbench bench grpcs://example.org/chat.Chat/Talk --message '{"text":"hello"}' --rate 100/s
  rtbench bench tcp://127.0.0.1:7000 --message 'PING' --closed
  rtbench bench 127.0.0.1:9000 -c 100 --rate 5k/s -d 30s      'rtbench serve', all protocols
  rtbench bench ws://127.0.0.1:9002 --api guide --pattern fanout --rate 20/s`,
		Args: exactArgs(1, "one URL"),
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd, args[0]) },
	}
	registerKeys(c, b.settings, "name", "target")
	c.Flags().BoolVar(&b.http2, "http2", false, "use HTTP/2 for a URL of http, https, ws or wss")
	c.Flags().StringVarP(&b.out, "out", "o", "", "write the result to `DIR` (default results/TIME-bench)")
	c.Flags().StringVar(&b.save, "save", "", "write the scenario to `FILE` once the server has answered")
	c.Flags().BoolVar(&b.force, "force", false, "overwrite the --save file")
	b.view.register(c)
	b.view.registerVerbose(c)
	b.view.fleet.register(c)
	c.ValidArgsFunction = cobra.NoFileCompletions
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
		defaultRate(b.settings)
	}
	if d, err := time.ParseDuration(b.settings.Get("duration")); err == nil && d < 5*time.Second {
		b.settings.Put("phases.warmup", (d / 5).String())
	}
	s, err := b.parse(b.settings)
	if err != nil {
		return err
	}
	if err := checkSave(b.save, b.force); err != nil {
		return err
	}
	b.view.onOpen = b.saveScenario
	return settingsError(b.view.run(cmd.Context(), []*scenarios.Scenario{s}, nil, b.out))
}

func (b *benchFlags) parse(s scenarios.Settings) (*scenarios.Scenario, error) {
	parsed, err := s.Parse("bench", "URL", scenarios.Options{Lookup: os.LookupEnv})
	return parsed, settingsError(err)
}

// checkSave checks, before anything is measured, that the scenario can be saved to file.
func checkSave(file string, force bool) error {
	if file == "" {
		return nil
	}
	info, err := os.Stat(file)
	switch {
	case err == nil && info.IsDir():
		return usageError("--save %s: is a directory; expected a file", file)
	case err == nil && !force:
		return usageError("--save %s: file exists; choose another name, or overwrite it with --force", file)
	}
	if err := result.CheckWritable(filepath.Dir(file)); err != nil {
		return fmt.Errorf("--save %s: %w; choose another file", file, err)
	}
	return nil
}

// saveScenario writes the scenario to the file of --save.
func (b *benchFlags) saveScenario() error {
	if b.save == "" {
		return nil
	}
	text, err := b.settings.Text(filepath.Dir(b.save))
	if err != nil {
		return err
	}
	return save(b.save, text, b.force)
}
