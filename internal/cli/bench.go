package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
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
RTBENCH_TOKEN), /ws/CLIENT, /stream, /stream/user, and grpc without a path. --api custom
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
	c.Flags().StringVar(&b.api, "api", "", "custom, or guide for a server that has the guide's messages (default: what the path means)")
	c.Flags().StringVar(&b.draft.Protocols, "protocol", "", "protocols of an 'rtbench serve' (default: all)")
	c.Flags().BoolVar(&b.http2, "http2", false, "speak HTTP/2 to an http or https URL")
	c.Flags().StringVarP(&b.out, "out", "o", "", "result directory (default results/TIME-bench)")
	c.Flags().StringVar(&b.save, "save", "", "write the scenario to `FILE`, once a server has answered")
	c.Flags().BoolVar(&b.force, "force", false, "overwrite the FILE of --save")
	b.view.register(c)
	c.ValidArgsFunction = cobra.NoFileCompletions
	complete(c, "api", completeWords("custom", "guide"))
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
