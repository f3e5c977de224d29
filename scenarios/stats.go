package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/internal/lazyregexp"
	"rtbench/proto/quantity"
	"rtbench/scenarios/spec"
)

// Stats are the sources of the server's own metrics. Those of CPU and memory are, in this order, PIDs and PIDFile,
// CGroup, Prometheus, and Rtbench.
type Stats struct {
	PIDs     []int
	PIDFile  string
	Children bool   // of these processes too
	CGroup   string // a directory, the ID of a container, or CGroupOfPID

	Prometheus, Rtbench string
	Series              []Series
	Every               time.Duration // between two scrapes of Series
}

// CGroupOfPID is the CGroup that is that of the first of PIDs.
const CGroupOfPID = "pid"

// A Series is a metric that the server exports, summed over all series that its selector selects.
type Series struct {
	Name string
	Selector
	Type       string  // counter, gauge or histogram; empty: as exported
	Percentile float64 // of a histogram
	Better     string  // lower or higher; empty: unknown
}

// None reports whether there is no source.
func (s Stats) None() bool {
	return !s.Processes() && s.CGroup == "" && s.Prometheus == "" && s.Rtbench == ""
}

// Processes reports whether processes of this machine are named.
func (s Stats) Processes() bool { return len(s.PIDs) > 0 || s.PIDFile != "" }

// Several reports whether there may be several processes, which may come and go.
func (s Stats) Several() bool { return len(s.PIDs) > 1 || s.PIDFile != "" || s.Children }

// Watches reports whether more than CPU time and memory is read, over a whole steady phase.
func (s Stats) Watches() bool { return len(s.Series) > 0 || s.CGroup != "" || s.Several() }

var (
	groupText = spec.Pattern("the directory of a control group such as /sys/fs/cgroup/system.slice/app.service, 12 to 64 digits of the ID of a container, or pid for that of the process", `^(/[^\x00-\x1f]{1,1000}|[0-9a-f]{12,64}|pid)$`)
	seriesKey = lazyregexp.New(`^[a-z][a-z0-9_]{0,39}$`)
)

func (s *Stats) keys() []spec.Key {
	withoutProcess := spec.When(func() bool { return !s.Processes() }, " without pid or pid_file; expected one of them")
	return []spec.Key{
		{Name: "pid", Also: "pids process processes", Value: spec.List(&s.PIDs, spec.Integer(1, 1<<22)), Example: "1234", Flag: spec.Flag{Name: "pid", Usage: "`PID` of the server on this machine, to measure its CPU and memory; repeatable", Repeat: true}, Doc: "Local process ID, or a list, whose CPU and memory are summed."},
		{Name: "pid_file", Also: "pidfile", Value: spec.One(&s.PIDFile, fileName), Example: "/run/app.pid", Doc: "File with local process IDs, which is read each time: a server that restarts may write a new one."},
		{Name: "children", Also: "tree workers descendants", Value: spec.One(&s.Children, spec.Bool), Default: "false", Example: "true", Conflicts: []spec.Conflict{withoutProcess}, Flag: spec.Flag{Name: "children", Usage: "with --pid: and all descendants, such as workers", Switch: "true"}, Doc: "Include all descendants of these processes, such as the workers of Node's cluster, gunicorn or uvicorn. Default false."},
		{
			Name: "cgroup", Also: "container control_group docker", Value: spec.One(&s.CGroup, groupText), Example: "/sys/fs/cgroup/system.slice/app.service",
			Conflicts: []spec.Conflict{spec.When(func() bool { return s.CGroup == CGroupOfPID && !s.Processes() }, ": pid without pid or pid_file; expected one of them")},
			Flag:      spec.Flag{Name: "cgroup", Usage: "control group of the server: a directory, `ID` of a container, or pid for that of --pid"},
			Doc:       "Control group of the server on this machine: a directory, the ID of a container, or pid for that of the process. Adds its throttling and memory to the results, and is the source of CPU and memory unless pid or pid_file is.",
		},
		{
			Name: "prometheus", Value: spec.One(&s.Prometheus, scrapeText), Literal: refuseURL, Example: "http://127.0.0.1:9100/metrics",
			Conflicts: []spec.Conflict{spec.When(func() bool { return len(s.Series) == 0 && (s.Processes() || s.CGroup != "") }, " with pid or cgroup, which measure CPU and memory; expected series with it, or one of them")},
			Flag:      spec.Flag{Name: "metrics", Usage: "Prometheus `URL` of the server, to measure its CPU and memory, and for --series"},
			Doc:       "URL that exports metrics in Prometheus format. Without pid and cgroup it is the source of CPU and memory, by process_cpu_seconds_total and process_resident_memory_bytes.",
		},
		{
			Name: "series", Also: "columns gauges counters", Value: s.series(), Example: `{queue: app_queue_depth, requests: 'app_requests_total{route="/ws"}', latency: {metric: app_latency_seconds, percentile: 99, better: lower}}`,
			Conflicts: []spec.Conflict{spec.When(func() bool { return s.Prometheus == "" }, " without prometheus; expected the URL that exports them")},
			Flag:      spec.Flag{Name: "series", Usage: "report a Prometheus metric of --metrics as `NAME=METRIC`, such as queue=app_queue_depth; repeatable", Repeat: true, Pair: "="},
			Doc:       "Metrics that the server exports, by a name for reports, thresholds (server.NAME_mean) and gate --metrics. All series with the given labels are summed. Of a counter the rate per second and per message are reported (_per_s, _per_message), of a gauge the mean and maximum (_mean, _max), of a histogram the mean and a percentile (_mean, _p99). A name has a metric, or keys: metric, type (counter, gauge or histogram; default: as exported), percentile (of a histogram; default 99), and better (lower or higher, for gate --metrics).",
		},
		{Name: "every", Also: "interval scrape_interval period", Value: spec.One(&s.Every, scrapeEvery), Default: "1s", Conflicts: []spec.Conflict{spec.When(func() bool { return !s.Watches() }, " without series, cgroup or several processes; expected one of them")}, Doc: "Time between two readings of series, cgroup and processes. Default 1s. A shorter one costs the server more."},
		{
			Name: "rtbench", Value: spec.One(&s.Rtbench, controlText), Example: "# 127.0.0.1:9000",
			Conflicts: []spec.Conflict{spec.When(func() bool { return s.Processes() || s.CGroup != "" || s.Prometheus != "" }, " with another source; expected one of them")},
			Doc:       "Control address of a server that answers /stats as `rtbench serve` does.",
		},
	}
}

var scrapeEvery = func() spec.Kind[time.Duration] {
	k := spec.Duration(100 * time.Millisecond).Expecting("a duration from 100ms to 1m")
	parse := k.Parse
	k.Parse = func(s string) (time.Duration, bool) {
		d, ok := parse(s)
		return d, ok && d <= time.Minute
	}
	return k
}()

// value reads one of the sources.
func (s *Stats) value() spec.Value {
	v := spec.Section(s.keys()...)
	return spec.If(v, func(r *spec.Reader, path string, n *yaml.Node) {
		if s.None() {
			r.Problem(n, path, ": no source; expected pid, pid_file, cgroup, prometheus or rtbench")
		}
	})
}

// maxSeries bounds the columns of reports.
const maxSeries = 20

// series reads names with metrics.
func (s *Stats) series() spec.Value {
	one := new(Series).value()
	return spec.Value{Shape: spec.Shape{Each: &one.Shape}, Read: func(r *spec.Reader, path string, n *yaml.Node) {
		switch {
		case n.Kind != yaml.MappingNode || len(n.Content) == 0:
			r.Problem(n, path, ": found %s; expected names with metrics, such as {queue: app_queue_depth}", r.Describe(n))
			return
		case len(n.Content) > 2*maxSeries:
			r.Problem(n, path, ": found %d; expected at most %d", len(n.Content)/2, maxSeries)
			return
		}
		for _, p := range spec.Pairs(n) {
			name := p.Key.Value
			switch {
			case !seriesKey.MatchString(name):
				r.Problem(p.Key, path, ": found the name %s; expected lower-case letters, digits and _, such as queue", spec.Quote(name))
			case slices.Contains([]string{"cgroup", "processes"}, name):
				r.Problem(p.Key, path, ": found the name %s, which rtbench uses; expected another one", name)
			case slices.ContainsFunc(s.Series, func(o Series) bool { return o.Name == name }):
				r.Problem(p.Key, path, ": found %s twice; expected it once", name)
			default:
				of := Series{Name: name}
				of.value().Read(r, path+"."+name, p.Value)
				s.Series = append(s.Series, of)
			}
		}
	}}
}

var percentileKind = spec.Kind[float64]{
	Expected: "a percentile above 0 and below 100, such as 99", Allowed: []spec.Limits{{Type: "number"}},
	Parse: func(s string) (p float64, ok bool) {
		_, err := fmt.Sscanf(s, "%g", &p)
		return p, err == nil && p > 0 && p < 100 && fmt.Sprint(p) == s
	},
}

// value reads a metric, or its keys.
func (s *Series) value() spec.Value {
	metric := spec.One(&s.Selector, selectorText)
	s.Percentile = 99
	return spec.Either("metric", metric, spec.Section(
		spec.Key{Name: "metric", Also: "name series query", Value: metric, Required: "one such as {metric: app_queue_depth}", Doc: "Name of the metric, with labels if only some series are meant."},
		spec.Key{Name: "type", Also: "kind as", Value: spec.One(&s.Type, spec.OneOf("counter", "gauge", "histogram")), Doc: "counter, gauge or histogram. Default: the exported type; without one, a counter if the name ends in _total, else a gauge."},
		spec.Key{Name: "percentile", Also: "quantile p", Value: spec.One(&s.Percentile, percentileKind), Doc: "Percentile of a histogram. Default 99."},
		spec.Key{Name: "better", Also: "direction prefer", Value: spec.One(&s.Better, spec.OneOf("lower less smaller down", "higher more greater up")), Doc: "lower or higher: which values are better, for gate --metrics."},
	))
}

// ServerPrefix begins the names of the server's own metrics in conditions and in gate --metrics.
const ServerPrefix = "server."

// Metrics returns the names that a series can have in conditions, without ServerPrefix: those of all types, as the
// type is known only when the server is read.
func (s Series) Metrics() (names []string) {
	for _, suffix := range []string{"_per_s", "_per_message", "_mean", "_max", fmt.Sprintf("_p%g", s.Percentile)} {
		names = append(names, s.Name+strings.ReplaceAll(suffix, ".", "_"))
	}
	return names
}

// groupMetrics are the metrics of a control group, and processMetrics those of several processes.
var (
	groupMetrics   = []quantity.Quantity{{Name: "cgroup_cores"}, {Name: "cgroup_throttled_periods", Dimension: quantity.Ratio}, {Name: "cgroup_throttled_time", Dimension: quantity.Ratio}, {Name: "cgroup_quota_cores"}, {Name: "cgroup_memory_mean", Dimension: quantity.Bytes}, {Name: "cgroup_memory_peak", Dimension: quantity.Bytes}}
	processMetrics = []quantity.Quantity{{Name: "processes_max"}, {Name: "processes_started"}, {Name: "processes_ended"}}
)

// Metrics returns the server's own metrics for conditions, with ServerPrefix.
func (s Stats) Metrics() (all []quantity.Quantity) {
	for _, of := range s.Series {
		for _, name := range of.Metrics() {
			all = append(all, quantity.Quantity{Name: name, Dimension: of.dimension(name), Higher: of.Better == "higher"})
		}
	}
	if s.CGroup != "" {
		all = append(all, groupMetrics...)
	}
	if s.Several() {
		all = append(all, processMetrics...)
	}
	for i := range all {
		all[i].Name = ServerPrefix + all[i].Name
		if all[i].Dimension == "" {
			all[i].Dimension = quantity.Count
		}
	}
	return all
}

// Better returns lower or higher, whichever is better for one of Metrics; empty if that is unknown.
func (s Stats) Better(name string) string {
	for _, of := range s.Series {
		if slices.Contains(of.Metrics(), strings.TrimPrefix(name, ServerPrefix)) {
			return of.Better
		}
	}
	return "lower"
}

// dimension returns the dimension of a metric of the series by Prometheus' names of units.
func (s Series) dimension(name string) quantity.Dimension {
	unit := quantity.UnitOf(s.Metric)
	switch {
	case !strings.HasSuffix(name, "_per_s"):
		return unit
	case unit == quantity.Time:
		return quantity.Ratio // seconds per second
	case unit == quantity.Count:
		return quantity.Rate
	}
	return quantity.Count // bytes per second
}
