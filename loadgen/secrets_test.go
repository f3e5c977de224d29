package loadgen

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/report"
	"rtbench/report/html"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// secrets has a secret for each place in a scenario. Each contains characters that URLs, JSON and
// headers escape, after a beginning that nothing escapes.
var secrets = map[string]string{
	"TEST_SECRET_BEARER": "QzBearTkWv&7V/jX+2pLm=", "TEST_SECRET_HEADER": "QzHeadTkWv<7V>/jX+2pLm", "TEST_SECRET_QUERY": "QzQuerTkWv&ö /jX+2=",
	"TEST_SECRET_COOKIE": "QzCookTkWv&7V/jX+2pLm", "TEST_SECRET_STEP": "QzStepTkWv&7V/jX+2pLm", "TEST_SECRET_PATH": "QzPathTkWv",
	"TEST_SECRET_BASIC": base64.StdEncoding.EncodeToString([]byte("QzUserTkWv:QzPassTkWv~!?")),
}

// minPiece is the length of the pieces searched for.
const minPiece = 6

// pieces are the pieces of all secrets in every encoding.
var pieces = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for _, s := range append(mapValues(secrets), "QzUserTkWv:QzPassTkWv~!?") {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString([]byte(s))} {
			for i := 0; i+minPiece <= len(form); i++ {
				all[form[i:i+minPiece]] = true
			}
		}
		// Pieces of hex are twice as long, since six digits may occur in any time in nanoseconds.
		for hex, i := fmt.Sprintf("%x", s), 0; i+2*minPiece <= len(hex); i++ {
			all[hex[i:i+2*minPiece]] = true
		}
	}
	return all
})

func mapValues(m map[string]string) (out []string) {
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// checkHoldsNone fails if b contains a piece of a secret.
func checkHoldsNone(t *testing.T, what string, b []byte) {
	t.Helper()
	for p := range pieces() {
		if i := bytes.Index(b, []byte(p)); i >= 0 {
			t.Errorf("%s has %q of a secret: …%q…", what, p, b[max(0, i-60):min(len(b), i+60)])
			return
		}
	}
}

// rendered returns every report of a result, by name.
func rendered(t *testing.T, res *result.Result) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, f := range report.Formats {
		var b bytes.Buffer
		if err := f.Write(&b, res); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		all[f.Name] = b.Bytes()
	}
	var page bytes.Buffer
	if err := html.Write(&page, []result.Named{{Dir: "secrets", Result: res}}, nil); err != nil {
		t.Fatal(err)
	}
	all["html"] = page.Bytes()
	dir := filepath.Join(t.TempDir(), "stored")
	if err := result.Write(dir, res); err != nil {
		t.Fatal(err)
	}
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			all[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// secretText returns a scenario with secrets in all places that the protocol has.
func secretText(t *testing.T, c leakCase, address, bearer string) string {
	t.Helper()
	protos, err := filepath.Abs(filepath.Join("testdata", "grpc"))
	if err != nil {
		t.Fatal(err)
	}
	target := map[string]string{
		"websocket": "websocket: 'ws://%s/${TEST_SECRET_PATH}/%s'", "sse": "sse: {url: 'http://%s/${TEST_SECRET_PATH}/%s', post: 'http://%[1]s/post'}",
		"sse-h2": "sse-h2: {url: 'http://%s/${TEST_SECRET_PATH}/%s', post: 'http://%[1]s/post'}",
		"grpc":   "grpc: {url: 'grpc://%s/test.v1.Notes/Exchange', proto: [%[3]q]}",
	}[c.protocol]
	target = fmt.Sprintf(target, address, c.kind, filepath.Join(protos, "notes.proto"))
	if i := strings.Index(target, "%!(EXTRA"); i >= 0 {
		target = target[:i]
	}
	if c.kind == "reflection" {
		target = fmt.Sprintf("grpc: 'grpc://%s/test.v1.Notes/Exchange'", address)
	}
	target += "\n  cookies: {session: '${TEST_SECRET_COOKIE}'}\n  " + bearer
	if c.protocol != "grpc" {
		target += "\n  query: {token: '${TEST_SECRET_QUERY}'}"
	}
	return "name: secrets\ntarget:\n  " + target + "\n" + c.more + "phases: {connect: 1s, warmup: 0s, steady: 300ms, drain: 300ms}\n"
}

// bearers are sources of the token; the last is none.
func bearers(t *testing.T, dir string) map[string]string {
	t.Helper()
	file := filepath.Join(dir, "token")
	script := "cat /proc/[0-9]*/cmdline >>\"$1/list\" 2>/dev/null\ncat \"$1/token\"\n"
	for path, text := range map[string]string{file: secrets["TEST_SECRET_BEARER"], filepath.Join(dir, "token.sh"): script} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const key = "headers: {X-Api-Key: '${TEST_SECRET_HEADER}'}\n  "
	return map[string]string{
		"env": key + "bearer: {env: TEST_SECRET_BEARER}", "file": key + fmt.Sprintf("bearer: {file: %q}", file),
		"command": key + fmt.Sprintf("bearer: {command: [sh, %q, %q]}", filepath.Join(dir, "token.sh"), dir),
		"basic":   "headers: {Authorization: 'Basic ${TEST_SECRET_BASIC}', X-Api-Key: '${TEST_SECRET_HEADER}'}",
	}
}

// Credentials that a server returns anywhere do not appear in results, reports or errors.
func TestSecretsStayHidden(t *testing.T) {
	testrun.OnlyWithAll(t)
	for name, value := range secrets {
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	from := bearers(t, dir)
	t.Run("all", func(t *testing.T) {
		for _, c := range leakCases {
			for name, bearer := range from {
				t.Run(c.protocol+" "+c.kind+", "+name, func(t *testing.T) {
					t.Parallel()
					checkNoLeak(t, c, secretText(t, c, startLeaky(t, c), bearer))
				})
			}
		}
	})
	if list, err := os.ReadFile(filepath.Join(dir, "list")); err == nil {
		checkHoldsNone(t, "the list of processes", list)
	} else if runtime.GOOS == "linux" {
		t.Error(err)
	}
}

// checkNoLeak runs a scenario and searches its output for secrets.
func checkNoLeak(t *testing.T, c leakCase, text string) {
	t.Helper()
	sc, err := scenarios.ParseWith("secrets.yaml", []byte(text), scenarios.Options{Lookup: os.LookupEnv})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{sc}})
	if err != nil {
		checkHoldsNone(t, "the error", []byte(err.Error()))
		if c.kind != "reflection" || !strings.Contains(err.Error(), "…") {
			t.Error(err)
		}
		return
	}
	for what, b := range rendered(t, res) {
		checkHoldsNone(t, what, b)
	}
	rep := res.Cells[0].Repetitions[0]
	examples := mapValues(rep.Counters.Examples)
	for _, k := range rep.Counters.UnmatchedKinds {
		examples = append(examples, "unmatched "+k.Example)
	}
	shown := strings.Join(append(examples, rep.Error, rep.Negotiated), "\n")
	if !strings.Contains(shown, c.want) {
		t.Errorf("got %q, want %q in it", shown, c.want)
	}
}
