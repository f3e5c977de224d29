//go:build linux

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"rtbench/internal/testrun"
	"rtbench/proto"
	"rtbench/server"
)

// quick lists the substitutions that make the documented commands short and independent of the
// network. The test applies all of them to every command and scenario, in this order.
var quick = []struct{ documented, tested string }{
	{"'p(99) < 10ms && failed_rate < 0.1%' --recover 1.5", "'failed_rate < 100%' --recover 1.5 --recoveries 1 --overload 200ms"}, // before other objectives
	{"go install .", "true"}, // TestMain provides rtbench
	{"rtbench run ", "rtbench run --set phases.warmup=50ms --set phases.steady=300ms --set repetitions=1 --quiet "},
	{"rtbench guide  ", "rtbench guide --cell direction/grpc "},
	{"--cell performance ", "--cell direction/grpc "},
	{"rtbench gate ", "rtbench gate --quick --pairs 12 --metrics p50 --floor 9 --quiet "}, // a floor above the noise of a busy machine
	{"rtbench capacity ", "rtbench capacity --step 100ms --steps 3 --quiet "},
	{"'p(99) < 10ms && failed_rate < 0.1%'", "'lost/sent < 100%'"},
	{"'p(99) < 50ms'", "'lost/sent < 100%'"},
	{"rtbench compare ", "rtbench compare --allow-inconclusive "},
	{"rtbench calibrate ", "rtbench calibrate --quick --pairs 6 --calibration calibration.json --quiet "},
	{"rtbench bench ", "rtbench bench -d 300ms --repetitions 1 --quiet "},
	{"-c 100 --rate 1k/s", "-c 10 --rate 200/s"},
	{"rate: 1k/s, connections: [10, 100]", "rate: 200/s, connections: [5, 10]"},
	{"p(99) < 50ms, window: 1s, after: 2s", "p(50) < 50s, window: 100ms, after: 200ms"},
	{"--resolve api.example.org=", "--resolve 127.0.0.1="}, // the host of $SERVER
	{"wss://api.example.org", "ws://$SERVER"},
	{"https://api.example.org", "http://$SERVER"},
	{"grpcs://api.example.org", "grpc://$GRPC"},
	{"mqtts://api.example.org", "mqtt://$MQTT"},
}

const apiToken = "secret-of-the-readme-test"

// TestDocumentedCommands runs every command in README.md and docs/*.md. A code block is
//
//   - sh: each command must succeed. It may exit with 113, as the metrics of short runs on a
//     busy machine may be unusable, and after that with 115, as such a result is no baseline;
//   - yaml: a file, named by the comment on its first line, which later commands may use; the names of
//     CI configuration start with a dot;
//   - text: output, which is not checked.
//
// The blocks of a file run in order in one directory.
func TestDocumentedCommands(t *testing.T) {
	testrun.OnlyWithAll(t)
	files, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no docs/*.md")
	}
	environment := documentedServers(t)
	for _, file := range append(files, "README.md") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runDocument(t, string(text), environment)
		})
	}
}

func runDocument(t *testing.T, text string, environment []string) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"users.csv": "name\nann\nbob\n",
		"old":       "#!/bin/sh\nexec rtbench \"$@\" --port all=0\n",
		"new":       "#!/bin/sh\nexec rtbench \"$@\" --port all=0\n",

		"capture.har":            textOf(t, "testdata/start/capture.har"),
		"protos/streaming.proto": textOf(t, "proto/streaming.proto"),
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var accepted []int
	used := map[string]bool{}
	for _, b := range codeBlocks(t, text) {
		switch b.language {
		case "sh":
			for _, command := range commands(b.text) {
				if code := runCommand(t, dir, command, shorten(command), environment, accepted); code == 113 {
					accepted = []int{115}
				}
			}
		case "yaml":
			name, ok := strings.CutPrefix(strings.SplitN(b.text, "\n", 2)[0], "# ")
			if strings.HasPrefix(name, ".") {
				continue // configuration of CI, for TestDocumentedCI
			}
			if !ok || filepath.Ext(name) != ".yaml" {
				t.Fatalf("line %d: the first line of a yaml block must be a comment with its file name", b.line)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(expand(shorten(b.text), environment)), 0o644); err != nil {
				t.Fatal(err)
			}
			used[name] = false
		case "text":
		default:
			t.Errorf("line %d: code block of language %q; expected sh, yaml or text", b.line, b.language)
		}
	}
	for name := range used {
		if !strings.Contains(text, "rtbench run "+name) && !strings.Contains(text, "rtbench scenario validate "+name) && !strings.Contains(text, "--from "+name) {
			t.Errorf("no command runs, validates or reads %s", name)
		}
	}
}

// textOf returns the text of a file.
func textOf(t *testing.T, file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func runCommand(t *testing.T, dir, documented, command string, environment []string, accepted []int) int {
	c := exec.Command("sh", "-c", command)
	c.Dir = dir
	c.Env = append(os.Environ(), environment...)
	c.WaitDelay = time.Second
	kill := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer kill.Stop()
	start := time.Now()
	out, err := c.CombinedOutput()
	code := c.ProcessState.ExitCode()
	t.Logf("%.1f s, exit code %d: %s", time.Since(start).Seconds(), code, command)
	if err != nil && code != 113 && !slices.Contains(accepted, code) {
		t.Errorf("%s\nrun as: %s\n%v\n%s", documented, command, err, out)
	}
	return code
}

type codeBlock struct {
	line           int
	language, text string
}

var indentedCode = regexp.MustCompile(`^(    |\t)\S`)

// codeBlocks returns the fenced blocks. Indented blocks, whose language is unknown, are errors.
func codeBlocks(t *testing.T, text string) []codeBlock {
	var blocks []codeBlock
	inBlock := false
	for i, line := range strings.Split(text, "\n") {
		switch language, isFence := strings.CutPrefix(line, "```"); {
		case isFence && !inBlock:
			blocks = append(blocks, codeBlock{line: i + 1, language: language})
			inBlock = true
		case isFence:
			inBlock = false
		case inBlock:
			blocks[len(blocks)-1].text += line + "\n"
		case indentedCode.MatchString(line):
			t.Errorf("line %d: indented code block; expected a fenced one", i+1)
		}
	}
	return blocks
}

// commands splits a block into commands, which may continue on further lines after a backslash.
func commands(block string) []string {
	joined := strings.ReplaceAll(block, "\\\n", "")
	return slices.DeleteFunc(strings.Split(joined, "\n"), func(line string) bool { return strings.TrimSpace(line) == "" })
}

func shorten(text string) string {
	for _, s := range quick {
		text = strings.ReplaceAll(text, s.documented, s.tested)
	}
	return text
}

func expand(text string, environment []string) string {
	for _, e := range environment {
		name, value, _ := strings.Cut(e, "=")
		text = strings.ReplaceAll(text, "$"+name, value)
	}
	return text
}

// documentedServers starts the servers behind api.example.org and returns the environment of the
// documented commands.
func documentedServers(t *testing.T) []string {
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", echoReplies)
	mux.HandleFunc("/events", sendEvents)
	mux.HandleFunc("/v1/chat/completions", complete)
	mux.HandleFunc("/generate", generate)
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "process_cpu_seconds_total %d\nprocess_resident_memory_bytes 1e7\n", time.Now().Unix()%1e6)
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := r.Header.Get("Authorization"); h != "" && h != "Bearer "+apiToken {
			http.Error(w, "wrong token", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	ports := map[string]int{"control": 0}
	for _, p := range proto.Protocols {
		ports[p.Name] = 0
	}
	reference, err := server.Start(server.Config{Ports: ports})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reference.Close() })
	return []string{"SERVER=" + strings.TrimPrefix(s.URL, "http://"), "GRPC=" + reference.Info().Addresses["grpc"], "MQTT=" + reference.Info().Addresses["mqtt"], "API_TOKEN=" + apiToken}
}

// echoReplies answers a subscription by {"type":"ready"} with a session, and a message by one that repeats its id.
func echoReplies(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat.v1"}})
	if err != nil {
		return
	}
	defer c.CloseNow()
	id := regexp.MustCompile(`"id":(\d+)`)
	for {
		_, message, err := c.Read(r.Context())
		if err != nil {
			return
		}
		reply := `{"type":"ready","session":{"id":"4f1c"}}`
		if m := id.FindSubmatch(message); m != nil {
			reply = fmt.Sprintf(`{"id":%s,"reply":{"id":%s},"ok":true}`, m[1], m[1])
		}
		if err := c.Write(r.Context(), websocket.MessageText, []byte(reply)); err != nil {
			return
		}
	}
}

// complete answers a request with three tokens, in the format of OpenAI's API.
func complete(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for _, data := range []string{
		`{"choices":[{"delta":{"role":"assistant"}}]}`, `{"choices":[{"delta":{"content":"a"}}]}`, `{"choices":[{"delta":{"content":"b"}}]}`,
		`{"choices":[{"delta":{"content":"c"}}]}`, `{"choices":[],"usage":{"completion_tokens":3}}`, "[DONE]",
	} {
		fmt.Fprintf(w, "data: %s\n\n", data)
		if http.NewResponseController(w).Flush() != nil {
			return
		}
	}
}

// generate answers each message with a token and the end.
func generate(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	for {
		if _, _, err := c.Read(r.Context()); err != nil {
			return
		}
		for _, reply := range []string{`{"token":"a"}`, `{"done":true}`} {
			if err := c.Write(r.Context(), websocket.MessageText, []byte(reply)); err != nil {
				return
			}
		}
	}
}

// sendEvents sends an event with a timestamp every 5 ms.
func sendEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case now := <-tick.C:
			fmt.Fprintf(w, "data: {\"ts\":%d}\n\n", now.UnixMilli())
			if http.NewResponseController(w).Flush() != nil {
				return
			}
		}
	}
}
