package target_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rtbench/loadgen/driver"
)

// The server sees the scenario's credentials.
func TestCredentialsReachServer(t *testing.T) {
	t.Setenv("TEST_TARGET_KEY", "k-1234567 ü&=")
	t.Setenv("TEST_TARGET_PLAIN", "k-1234567")
	for _, protocol := range protocols {
		address, visits := serve(t, protocol, nil)
		more := "headers: {X-Room: '1', X-Api-Key: '${TEST_TARGET_PLAIN}', User-Agent: mine/2}\ncookies: {session: '${TEST_TARGET_PLAIN}', theme: '${TEST_TARGET_PLAIN}-dark'}"
		if protocol != "grpc" {
			more += "\nquery: {key: '${TEST_TARGET_KEY}', room: '7'}"
		}
		connect, _ := visitor(t, scenario(t, t.TempDir(), protocol, address, false, more))
		if err := connect(); err != nil {
			t.Fatalf("%s: %v", protocol, err)
		}
		v := next(t, visits)
		for name, want := range map[string]string{
			"X-Room": "1", "X-Api-Key": "k-1234567", "Cookie": "session=k-1234567; theme=k-1234567-dark", "User-Agent": "mine/2", "Authorization": "",
		} {
			got := strings.Join(v.header.Values(name), ", ")
			if protocol == "grpc" && name == "User-Agent" { // grpc-go appends its own name
				got, _, _ = strings.Cut(got, " grpc-go")
			}
			if got != want {
				t.Errorf("%s: %s is %q, want %q", protocol, name, got, want)
			}
		}
		if protocol != "grpc" && (v.query.Get("key") != "k-1234567 ü&=" || v.query.Get("room") != "7") {
			t.Errorf("%s: query %v", protocol, v.query)
		}
	}
}

// The body of a request for events is a template.
func TestEventRequestBody(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "rooms.csv", "room\nblue\n")
	for _, protocol := range []string{"sse", "sse-h2"} {
		address, visits := serve(t, protocol, nil)
		connect, _ := visitor(t, read(t, filepath.Join(dir, "test.yaml"), fmt.Sprintf(
			"pattern: push\nrows: rooms.csv\ntarget:\n  %s: {url: 'http://%s/talk', method: POST, body: '{\"room\":\"{{.Row.room}}\"}'}\n", protocol, address)))
		if err := connect(); err != nil {
			t.Fatal(err)
		}
		if got := next(t, visits).body; got != `{"room":"blue"}` {
			t.Errorf("%s: the body is %q", protocol, got)
		}
	}
}

// A token may connect from each source and is read again for each connection.
func TestBearer(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "count.sh", "n=$(($(cat \"$1\" 2>/dev/null || echo 0) + 1))\necho $n >\"$1\"\necho \" token-$n \"\n")
	for _, protocol := range protocols {
		address, visits := serve(t, protocol, nil)
		count, file := filepath.Join(dir, protocol+".count"), protocol+".token"
		for from, change := range map[string]func(n int){
			"{env: TEST_TARGET_TOKEN}":                                  func(n int) { t.Setenv("TEST_TARGET_TOKEN", fmt.Sprint("token-", n)) },
			"{file: " + file + "}":                                      func(n int) { write(t, dir, file, fmt.Sprintf("\ntoken-%d\r\n", n)) },
			fmt.Sprintf("{command: [sh, %s/count.sh, %q]}", dir, count): func(int) {},
		} {
			change(1)
			connect, _ := visitor(t, scenario(t, dir, protocol, address, false, "bearer: "+from))
			for n := 1; n <= 3; n++ {
				change(n)
				if err := connect(); err != nil {
					t.Fatalf("%s, %s: %v", protocol, from, err)
				}
				if got, want := next(t, visits).header.Get("Authorization"), fmt.Sprint("Bearer token-", n); got != want {
					t.Errorf("%s, %s: %q, want %q", protocol, from, got, want)
				}
			}
		}
	}
}

// Errors of missing tokens do not show the data read.
func TestTokenErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "two.txt", "sesame-1\nsesame-2\n")
	write(t, dir, "empty.txt", " \n")
	write(t, dir, "long.txt", strings.Repeat("sesame-1", 9000))
	t.Setenv("TEST_TARGET_EMPTY", "")
	for from, want := range map[string]string{
		"{env: TEST_TARGET_MISSING}":                             "bearer.env TEST_TARGET_MISSING: empty; expected a token",
		"{env: TEST_TARGET_EMPTY}":                               "bearer.env TEST_TARGET_EMPTY: empty; expected a token",
		"{file: missing.txt}":                                    "bearer.file: open ",
		"{file: .}":                                              "bearer.file: read ",
		"{file: empty.txt}":                                      "bearer.file: empty; expected a token",
		"{file: two.txt}":                                        "bearer.file: several lines; expected only a token",
		"{file: long.txt}":                                       "bearer.file: more than 65536 bytes; expected only a token",
		"{command: [rtbench-there-is-no-such]}":                  "bearer.command rtbench-there-is-no-such: exec: ",
		"{command: [sh, -c, 'echo sesame-1; exit 3']}":           "bearer.command sh: it failed with exit status 3",
		"{command: [sh, -c, 'echo sesame-1 >&2; exit 1']}":       "bearer.command sh: it failed with exit status 1",
		"{command: [sh, -c, 'echo sesame-1 >&2']}":               "bearer.command sh: empty; expected a token",
		"{command: [sh, -c, 'echo sesame-1; echo sesame-2']}":    "bearer.command sh: several lines; expected only a token",
		"{command: [sh, -c, 'while echo sesame-1; do :; done']}": "bearer.command sh: more than 65536 bytes; expected only a token",
	} {
		address, visits := serve(t, "sse", nil)
		connect, _ := visitor(t, scenario(t, dir, "sse", address, false, "bearer: "+from))
		err := connect()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sesame") || driver.Class(err) != "no token" {
			t.Errorf("%s: %v (%s), want %s", from, err, driver.Class(err), want)
		}
		if len(visits) > 0 {
			t.Errorf("%s: the server was asked", from)
		}
	}
}

// A command that hangs, or leaves a process that holds its output, delays an attempt only for a
// limited time.
func TestTokenCommandTimeout(t *testing.T) {
	dir := t.TempDir()
	held := filepath.Join(dir, "held") // readers block until the test ends
	if err := exec.Command("mkfifo", held).Run(); err != nil {
		t.Skip("no mkfifo: ", err)
	}
	f, err := os.OpenFile(held, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for command, want := range map[string]string{
		"cat held; echo sesame": "timeout", "cat held & echo sesame": "", "echo sesame; cat held; exit 1": "timeout",
	} {
		_, server := visitor(t, scenario(t, dir, "sse", "127.0.0.1:1", false, fmt.Sprintf("bearer: {command: [sh, -c, %q]}", "cd "+dir+"; "+command)))
		ctx, cancel := contextFor(t, want)
		token, err := server.Endpoint.Bearer(ctx)
		cancel()
		if (err == nil) != (want == "") || (err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sesame"))) {
			t.Errorf("%s: %v, want %q", command, err, want)
		}
		if err == nil && token != "sesame" {
			t.Errorf("%s: %q", command, token)
		}
	}
}

// Repeated names and their values are sent as given.
func TestHeadersBesideCookies(t *testing.T) {
	t.Setenv("TEST_TARGET_COOKIE", "a=12345")
	address, visits := serve(t, "sse", nil)
	connect, _ := visitor(t, scenario(t, t.TempDir(), "sse", address, false, "headers: {Cookie: '${TEST_TARGET_COOKIE}'}\ncookies: {b: '${TEST_TARGET_COOKIE}'}"))
	if err := connect(); err != nil {
		t.Fatal(err)
	}
	if got := next(t, visits).header[http.CanonicalHeaderKey("cookie")]; !slices.Equal(got, []string{"a=12345; b=a=12345"}) {
		t.Errorf("cookies %q", got)
	}
}

// contextFor returns a context that has ended if want is a timeout.
func contextFor(t *testing.T, want string) (context.Context, context.CancelFunc) {
	if want == "" {
		return context.WithCancel(t.Context())
	}
	return context.WithTimeout(t.Context(), 50*time.Millisecond)
}
