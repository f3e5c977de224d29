package scenarios

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// Figures are the words of a threshold, for one repetition.
type Figures struct {
	P          func(float64) float64 `expr:"p"`       // percentile of the response (delivery) time, ns
	Service    func(float64) float64 `expr:"service"` // of the service time, ns
	Lag        func(float64) float64 `expr:"lag"`     // of the lag, ns
	Max        float64               `expr:"max"`     // response time, ns
	Mean       float64               `expr:"mean"`
	Throughput float64               `expr:"throughput"` // messages/s
	Sent       float64               `expr:"sent"`
	Received   float64               `expr:"received"`
	Lost       float64               `expr:"lost"`
	Duplicates float64               `expr:"duplicates"`
	OutOfOrder float64               `expr:"out_of_order"`
	Corrupt    float64               `expr:"corrupt"`
	Dropped    float64               `expr:"dropped"`
	Errors     float64               `expr:"errors"`
	ServerCPU  float64               `expr:"server_cpu"` // ns a message
	ClientCPU  float64               `expr:"client_cpu"` // ns a message
	WireBytes  float64               `expr:"wire_bytes"` // a message
}

var figureWords = []string{
	"p", "service", "lag", "max", "mean", "throughput", "sent", "received", "lost", "duplicates", "out_of_order",
	"corrupt", "dropped", "errors", "server_cpu", "client_cpu", "wire_bytes",
}

// A Threshold is a condition that every repetition must meet.
type Threshold struct {
	Text    string
	program *vm.Program
}

var literal = regexp.MustCompile(`(?:\b|^)(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|k/s|M/s|/s|KiB|MiB|KB|MB|B)(?:\b|$)?`)

var units = map[string]float64{
	"ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9,
	"/s": 1, "k/s": 1e3, "M/s": 1e6, "B": 1, "KB": 1e3, "MB": 1e6, "KiB": 1 << 10, "MiB": 1 << 20,
}

// threshold reads a condition such as `p(99) < 5ms`.
func threshold(s string) (Threshold, string) {
	const form = "a condition such as `p(99) < 5ms`, `lost == 0` or `throughput >= 4.9k/s`"
	if len(s) > 1000 || strings.TrimSpace(s) == "" || s == "\x00" {
		return Threshold{}, form
	}
	plain := literal.ReplaceAllStringFunc(s, func(l string) string {
		m := literal.FindStringSubmatch(l)
		v, _ := strconv.ParseFloat(m[1], 64)
		return strconv.FormatFloat(v*units[m[2]], 'f', -1, 64)
	})
	program, err := expr.Compile(plain, expr.Env(Figures{}), expr.AsBool())
	if err != nil {
		return Threshold{}, form + ": " + explain(err)
	}
	return Threshold{Text: s, program: program}, ""
}

var unknownWord = regexp.MustCompile(`unknown name (\w+)`)

// explain takes the first line of expr's message and offers the nearest word.
func explain(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	if m := unknownWord.FindStringSubmatch(first); m != nil {
		return fmt.Sprintf("there is no figure %q%s, only %s", m[1], nearest(m[1], figureWords), strings.Join(figureWords, ", "))
	}
	return first
}

// Holds evaluates the threshold.
func (t Threshold) Holds(f Figures) (bool, error) {
	out, err := expr.Run(t.program, f)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return false, fmt.Errorf("threshold %q: %s", t.Text, first)
	}
	held, _ := out.(bool)
	return held, nil
}
