package export

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var metricName = regexp.MustCompile(`rtbench_[a-z_]+`)

// The documentation describes every metric, and neither it nor the dashboard names others.
func TestMetricsAreDocumented(t *testing.T) {
	known := map[string]bool{}
	for _, m := range metrics {
		known[m.name] = true
	}
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	page, dashboard := read("metrics.md"), read("grafana.json")
	for _, name := range metricName.FindAllString(page+dashboard, -1) {
		if !known[name] {
			t.Errorf("%s is no metric", name)
		}
	}
	for name := range known {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("metrics.md does not describe %s", name)
		}
		if !strings.Contains(dashboard, name) && !strings.Contains(name, "_histogram_") && name != "rtbench_phase" {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
	if !json.Valid([]byte(dashboard)) {
		t.Error("grafana.json is no JSON")
	}
}
