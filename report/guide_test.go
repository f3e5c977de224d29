package report

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"rtbench/internal/golden"
	"rtbench/report/claims"
	"rtbench/report/result"
)

// The made-up evidence confirms some cells, refutes others and leaves the rest untested.
func TestGuideGolden(t *testing.T) {
	e := &result.Evidence{Probes: map[string]*result.Probe{}, Suites: map[string]*result.Result{"equal-load": madeUpResult(t)}}
	for id, v := range map[string]float64{
		"direction/grpc/connections": 1, "direction/grpc/up-while-down": 1, "direction/grpc/down-while-up": 1,
		"protocol/sse/http2-alpn": 1, "protocol/sse/http2-cleartext": 1, "protocol/sse/http1": 1, "protocol/sse/http1-tls": 1,
	} {
		name, _, _ := strings.Cut(id, "/")
		if e.Probes[name] == nil {
			e.Probes[name] = &result.Probe{Name: name}
		}
		e.Probes[name].Observations = append(e.Probes[name].Observations, result.Observation{
			ID: id, Value: v, Seen: "The observation " + id + " contains a | and is made long enough to be wrapped in the middle of a sentence.",
		})
	}
	e.Probes["browser"] = &result.Probe{Name: "browser", Missing: "no browser was found: install one"}
	list := claims.Judge(e, claims.Cells)
	for _, f := range GuideFormats {
		var out bytes.Buffer
		if err := f.Write(&out, Guide{list, e}); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "testdata/guide."+f.Name, out.Bytes())
		if err := f.Write(failing{}, Guide{list, e}); err == nil {
			t.Errorf("%s: the writer's error is lost", f.Name)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
