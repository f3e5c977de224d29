//go:build linux

package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"

	"rtbench/internal/testrun"
)

// The tests in this file run the scripts of the GitHub Action and of the GitLab template.

const actionDir = ".github/actions/rtbench"

// An action is action.yml.
type action struct {
	Inputs map[string]struct{ Default string }
	Runs   struct{ Steps []actionStep }
}

type actionStep struct {
	Name, If, Uses, Run string
	Env                 map[string]string
}

func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// conditions lists the conditions of the steps, and whether a step then runs in these tests: they use a
// built program and run each step's script.
var conditions = map[string]struct{ afterFailure, runs bool }{
	"":                     {false, true},
	"inputs.program == ''": {false, false},
	"always()":             {true, true},
	"always() && inputs.comment == 'true' && github.event_name == 'pull_request'": {true, false}, // TestComment runs it
}

var expression = regexp.MustCompile(`\$\{\{ *([a-z_.-]+) *\}\}`)

// runAction runs the scripts of the action in dir, as GitHub does, and returns the first exit code that
// is not 0.
func runAction(t *testing.T, dir string, inputs map[string]string) int {
	t.Helper()
	var a action
	readYAML(t, filepath.Join(actionDir, "action.yml"), &a)
	path, err := filepath.Abs(actionDir)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"github.action_path": path}
	for name, input := range a.Inputs {
		values["inputs."+name] = input.Default
	}
	for name, value := range inputs {
		values["inputs."+name] = value
	}
	failed := 0
	for _, s := range a.Runs.Steps {
		c, known := conditions[s.If]
		if !known {
			t.Fatalf("step %s: unknown condition %q", s.Name, s.If)
		}
		if s.Run == "" || !c.runs || failed != 0 && !c.afterFailure {
			continue
		}
		var env []string
		for name, value := range s.Env {
			env = append(env, name+"="+expression.ReplaceAllStringFunc(value, func(e string) string {
				return values[expression.FindStringSubmatch(e)[1]]
			}))
		}
		env = append(env, "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "step-summary.md"), "GITHUB_OUTPUT="+filepath.Join(dir, "step-output"))
		if code := runBash(t, dir, s.Run, env...); failed == 0 {
			failed = code
		}
	}
	return failed
}

// runBash runs a script as GitHub and GitLab do and returns its exit code.
func runBash(t *testing.T, dir, script string, env ...string) int {
	t.Helper()
	c := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	t.Logf("exit code %d\n%s", c.ProcessState.ExitCode(), out)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode()
}

// ciDirectory returns a directory with scenarios: one that runs, and one whose threshold fails.
func ciDirectory(t *testing.T) string {
	dir := t.TempDir()
	const scenario = "name: short\nprotocols: [tcp]\npattern: echo\nload: {rate: 200/s, connections: 2}\n" +
		"phases: {warmup: 50ms, steady: 300ms}\nrepetitions: 1\n"
	for name, text := range map[string]string{"short.yaml": scenario, "strict.yaml": scenario + "thresholds: [lost > 0]\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func lookRTBench(t *testing.T) string {
	path, err := exec.LookPath("rtbench")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAction runs the action with commands that succeed and fail. It must return rtbench's exit code,
// never 0 without reports, and always leave a summary and JUnit XML that says the same.
func TestAction(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, c := range []struct {
		name      string
		inputs    map[string]string
		codes     []int // on a busy machine a gate may be inconclusive (112), and a metric unusable (113)
		summary   string
		isMissing []string
	}{
		{"run", map[string]string{"command": "run", "arguments": "short.yaml\n--set\nload.rate=100/s\n"}, []int{0, 113}, "short", nil},
		{"threshold", map[string]string{"command": "run", "arguments": "strict.yaml"}, []int{99}, "lost > 0", nil},
		{"gate", map[string]string{"command": "gate", "arguments": "short.yaml\n--base=exec:rtbench serve --json --port all=0\n" +
			"--head=exec:rtbench serve --json --port all=0\n--pairs=12\n--floor=9\n--metrics=p50\n"}, []int{0, 112, 113}, "tcp", nil},
		{"scenario", map[string]string{"command": "run", "arguments": "nowhere.yaml"}, []int{104}, "exit code 104", []string{"report.html"}},
		{"one argument", map[string]string{"command": "run", "arguments": "short.yaml; true"}, []int{104}, "short.yaml; true", []string{"report.html"}},
		{"compare", map[string]string{"command": "compare", "arguments": "nowhere\nelsewhere"}, []int{115}, "exit code 115", []string{"report.html"}},
		{"no program", map[string]string{"command": "run", "program": "/nowhere/rtbench"}, []int{127}, "exit code 127", []string{"report.html"}},
		{"no reports", map[string]string{"command": "gate", "program": "true"}, []int{1}, "exit code 1", []string{"report.html"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := ciDirectory(t)
			if c.inputs["program"] == "" {
				c.inputs["program"] = lookRTBench(t)
			}
			code := runAction(t, dir, c.inputs)
			if !slices.Contains(c.codes, code) {
				t.Errorf("exit code %d, want one of %v", code, c.codes)
			}
			out := filepath.Join(dir, "rtbench-results")
			if got := text(t, dir, "step-summary.md"); !strings.Contains(got, c.summary) || got != text(t, out, "summary.md") {
				t.Errorf("the summary lacks %q:\n%s", c.summary, got)
			}
			if got := text(t, dir, "step-output"); got != fmt.Sprintf("exit-code=%d\n", code) {
				t.Errorf("output %q", got)
			}
			checkJUnit(t, text(t, out, "junit.xml"), code)
			if _, err := os.Stat(filepath.Join(out, "report.html")); (err != nil) != slices.Contains(c.isMissing, "report.html") {
				t.Errorf("report.html: %v", err)
			}
		})
	}
}

func text(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// checkJUnit checks that the document has failures or errors if the exit code is not 0.
func checkJUnit(t *testing.T, doc string, code int) {
	t.Helper()
	var suites struct {
		Suites []struct {
			Cases []struct {
				Failure *struct{} `xml:"failure"`
				Error   *struct{} `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(doc), &suites); err != nil {
		t.Fatal(err)
	}
	cases, bad := 0, 0
	for _, s := range suites.Suites {
		for _, c := range s.Cases {
			if cases++; c.Failure != nil || c.Error != nil {
				bad++
			}
		}
	}
	if cases == 0 || bad > 0 && code == 0 || bad == 0 && code != 0 {
		t.Errorf("exit code %d, but %d of %d cases fail:\n%s", code, bad, cases, doc)
	}
}

// TestActionKeepsOldReportsApart runs the action in a directory that has reports.
func TestActionKeepsOldReportsApart(t *testing.T) {
	t.Parallel()
	dir := ciDirectory(t)
	if code := runAction(t, dir, map[string]string{"command": "run", "arguments": "short.yaml", "out": ".", "program": lookRTBench(t)}); code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
}

// TestGitLabTemplate runs the script of the template. The files that before_script clones are links.
func TestGitLabTemplate(t *testing.T) {
	t.Parallel()
	var template map[string]struct {
		Variables map[string]string
		Script    []string
		Artifacts struct {
			Paths   []string
			Reports struct{ JUnit string }
		}
	}
	readYAML(t, ".gitlab/rtbench.yml", &template)
	job := template[".rtbench"]
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for scenario, codes := range map[string][]int{"short.yaml": {0, 113}, "strict.yaml": {99}} {
		dir := ciDirectory(t)
		clone := filepath.Join(dir, ".rtbench")
		if err := errors.Join(os.Mkdir(clone, 0o755), os.Symlink(filepath.Join(root, ".github"), filepath.Join(clone, ".github")),
			os.Symlink(lookRTBench(t), filepath.Join(clone, "rtbench"))); err != nil {
			t.Fatal(err)
		}
		env := []string{"RTBENCH_COMMAND=run", "RTBENCH_ARGUMENTS=" + scenario + "\n"}
		for name, value := range job.Variables {
			env = append(env, name+"="+value)
		}
		code := runBash(t, dir, strings.Join(job.Script, "\n"), env...)
		if !slices.Contains(codes, code) {
			t.Errorf("%s: exit code %d, want one of %v", scenario, code, codes)
		}
		checkJUnit(t, text(t, dir, job.Artifacts.Reports.JUnit), code)
		if _, err := os.Stat(filepath.Join(dir, job.Artifacts.Paths[0], "report.html")); err != nil {
			t.Error(err)
		}
	}
}

// commentServer stores the comments of a pull request as GitHub's API does.
type commentServer struct {
	mu       sync.Mutex
	comments []comment
}

type comment struct {
	ID   int    `json:"id"`
	Body string `json:"body"`
}

func (s *commentServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	const all = "/repos/o/r/issues/7/comments"
	var posted comment
	id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/repos/o/r/issues/comments/"))
	switch {
	case r.Header.Get("Authorization") != "Bearer "+apiToken:
		http.Error(w, "no token", http.StatusUnauthorized)
	case r.Method == http.MethodGet && r.URL.Path == all:
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		first := min((page-1)*size, len(s.comments))
		_ = json.NewEncoder(w).Encode(append([]comment{}, s.comments[first:min(first+size, len(s.comments))]...))
	case json.NewDecoder(r.Body).Decode(&posted) != nil:
		http.Error(w, "no JSON", http.StatusBadRequest)
	case r.Method == http.MethodPost && r.URL.Path == all:
		s.comments = append(s.comments, comment{len(s.comments), posted.Body})
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodPatch && err == nil && id < len(s.comments):
		s.comments[id].Body = posted.Body
	default:
		http.NotFound(w, r)
	}
}

// TestComment writes comments on a pull request that has many others.
func TestComment(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"curl", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	api := &commentServer{}
	for i := range 150 {
		api.comments = append(api.comments, comment{i, "A comment of somebody"})
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	script, err := filepath.Abs(filepath.Join(actionDir, "comment.sh"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, summary, token string) int {
		if err := os.WriteFile(filepath.Join(dir, "summary.md"), []byte(summary), 0o644); err != nil {
			t.Fatal(err)
		}
		return runBash(t, dir, "bash "+script, "GITHUB_API_URL="+server.URL, "GITHUB_REPOSITORY=o/r", "RTBENCH_PULL_REQUEST=7",
			"RTBENCH_OUT=.", "RTBENCH_NAME="+name, "RTBENCH_TOKEN="+token)
	}
	for _, c := range []struct {
		name, summary string
		comments      int
	}{
		{"rtbench", "first \"result\"", 151},
		{"rtbench", "second\n| a | b |", 151},
		{"other", "another", 152},
		{"rtbench", "third" + strings.Repeat("ä", 40000), 152},
	} {
		if code := write(c.name, c.summary, apiToken); code != 0 {
			t.Fatalf("exit code %d", code)
		}
		if len(api.comments) != c.comments {
			t.Errorf("%d comments, want %d", len(api.comments), c.comments)
		}
	}
	if body := api.comments[150].Body; !strings.HasPrefix(body, "<!-- rtbench: rtbench -->\n\nthird") || !strings.Contains(body, "shortened") || len([]rune(body)) > 65536 {
		t.Errorf("%d characters: %.100s", len([]rune(body)), body)
	}
	if body := api.comments[151].Body; !strings.HasSuffix(body, "another") {
		t.Errorf("the other comment is %q", body)
	}
	if code := write("rtbench", "fourth", "wrong"); code == 0 {
		t.Error("a refused comment is no error")
	}
}

// TestDocumentedCI compares the CI configuration in docs/ci.md with the action and the template.
func TestDocumentedCI(t *testing.T) {
	var a action
	readYAML(t, filepath.Join(actionDir, "action.yml"), &a)
	doc := text(t, "docs", "ci.md")
	found := 0
	for _, b := range codeBlocks(t, doc) {
		if b.language != "yaml" {
			continue
		}
		var config struct {
			Jobs map[string]struct {
				Steps []struct {
					Uses string
					With map[string]string
				}
			}
			Include []struct{ File string }
			Latency struct{ Extends string }
		}
		if err := yaml.Unmarshal([]byte(b.text), &config); err != nil {
			t.Fatalf("line %d: %v", b.line, err)
		}
		for _, job := range config.Jobs {
			for _, step := range job.Steps {
				if !strings.HasPrefix(step.Uses, "owner/rtbench/"+actionDir+"@") {
					continue
				}
				found++
				for name := range maps.Keys(step.With) {
					if _, ok := a.Inputs[name]; !ok {
						t.Errorf("the action has no input %s", name)
					}
				}
			}
		}
		for _, i := range config.Include {
			if _, err := os.Stat(i.File); err != nil {
				t.Error(err)
			}
			if found++; config.Latency.Extends != ".rtbench" {
				t.Errorf("extends %q", config.Latency.Extends)
			}
		}
	}
	if found != 2 {
		t.Errorf("found %d uses of the action and the template, want 2", found)
	}
}
