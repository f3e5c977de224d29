package result

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReadAllFindsTwoLevelsOldestFirst(t *testing.T) {
	dir := t.TempDir()
	for day, path := range []string{"z", "branch/b", "branch/a", "too/deep/c", "."} {
		r := syntheticResult(t)
		r.Started = r.Started.AddDate(0, 0, day)
		if err := Write(filepath.Join(dir, path), r); err != nil {
			t.Fatal(err)
		}
	}
	results, problems, err := ReadAll(dir)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	var got []string
	for _, n := range results {
		got = append(got, strings.TrimPrefix(filepath.ToSlash(n.Dir), filepath.ToSlash(dir)+"/"))
	}
	if want := []string{"z", "branch/b", "branch/a"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A year of results must fit in memory.
func TestReadAllLeavesHistogramsEncoded(t *testing.T) {
	dir := t.TempDir()
	want := syntheticResult(t)
	if err := Write(filepath.Join(dir, "a"), want); err != nil {
		t.Fatal(err)
	}
	results, _, err := ReadAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	rep := results[0].Result.Cells[0].Repetitions[0]
	if rep.Response.h != nil || rep.Service.h != nil || rep.Lag.h != nil {
		t.Error("a repetition is decoded and takes 780 KB")
	}
	if got, want := rep.Response.Quantile(99), want.Cells[0].Repetitions[0].Response.Quantile(99); got != want {
		t.Errorf("p99 %v, want %v", got, want)
	}
}

func TestReadAllReportsDamageAndContinues(t *testing.T) {
	dir := t.TempDir()
	if err := Write(filepath.Join(dir, "good"), syntheticResult(t)); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"cut": `{"version": 3, "ce`, "later": `{"version": 9}`} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, FileName), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "odd", FileName), 0o755); err != nil { // a directory of that name
		t.Fatal(err)
	}
	results, problems, err := ReadAll(dir)
	if err != nil || len(results) != 1 || len(problems) != 2 {
		t.Fatalf("%d results, problems %v, error %v", len(results), problems, err)
	}
	for i, want := range []string{"cut", "later"} {
		if !strings.Contains(problems[i].Error(), filepath.Join(dir, want)) {
			t.Errorf("problem %q does not name %s", problems[i], want)
		}
	}
}

func TestReadAllWithoutResults(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "not there")} {
		if results, _, err := ReadAll(dir); err == nil {
			t.Errorf("%s: %d results and no error", dir, len(results))
		}
	}
}

// Results of the same time stay in the order of their names.
func TestReadAllIsStable(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b", "a", "c"} {
		r := &Result{Version: Version, Started: time.Unix(0, 0)}
		if err := Write(filepath.Join(dir, name), r); err != nil {
			t.Fatal(err)
		}
	}
	results, _, err := ReadAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a", "b", "c"} {
		if got := filepath.Base(results[i].Dir); got != want {
			t.Errorf("position %d: %s, want %s", i, got, want)
		}
	}
}
