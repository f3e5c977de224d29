package claims

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rtbench/report/result"
)

func verdictsOf(cells ...*result.Cell) (map[string]Verdict, []Claim) {
	found := map[string]Verdict{}
	list := Performance(&result.Result{Cells: cells, Environment: result.Environment{Cores: 2}})
	for _, c := range list {
		found[strings.TrimPrefix(c.ID, "performance/")] = c.Verdict
	}
	return found, list
}

func TestPerformance(t *testing.T) {
	noDifference := []int{203, 202, 201, 199, 198, 197}
	for _, c := range []struct {
		name                 string
		cells                []*result.Cell
		websocket, sse, grpc Verdict
		evidence             string // substring
	}{
		{
			"guide's ranking",
			[]*result.Cell{made(t, "sse", six(300)...), made(t, "websocket", six(200)...), made(t, "grpc", six(100)...)},
			Confirmed, Confirmed, Confirmed, "echo text at equal load, 16 streams, a connection per stream: p90: grpc 103 µs, websocket 203 µs, sse 303 µs. grpc / websocket = 0.5 [0.492, 0.508]: grpc is ahead",
		},
		{
			"WebSocket ahead of gRPC",
			[]*result.Cell{made(t, "sse", six(300)...), made(t, "websocket", six(100)...), made(t, "grpc", six(200)...)},
			Refuted, Confirmed, Refuted, "grpc / websocket = 2 [1.97, 2.03]: websocket is ahead",
		},
		{
			"WebSocket and gRPC tie",
			[]*result.Cell{made(t, "sse", six(300)...), made(t, "websocket", six(200)...), made(t, "grpc", noDifference...)},
			Inconclusive, Confirmed, Inconclusive, "no difference shown",
		},
		{
			"SSE ahead of a tie",
			[]*result.Cell{made(t, "sse", six(100)...), made(t, "websocket", six(200)...), made(t, "grpc", noDifference...)},
			Refuted, Refuted, Refuted, "sse is ahead",
		},
		{
			"too few pairs",
			[]*result.Cell{made(t, "sse", six(300)...), made(t, "websocket", six(200)...), made(t, "grpc", 1, 2, 3, 4, 5)},
			Inconclusive, Inconclusive, Inconclusive, "grpc / websocket: 5 usable pairs of repetitions, of 6 needed",
		},
		{
			"SSE over HTTP/2 only",
			[]*result.Cell{made(t, "sse-h2", six(300)...), made(t, "websocket", six(200)...), made(t, "grpc", six(100)...)},
			Confirmed, Confirmed, Confirmed, "sse-h2 303 µs",
		},
		{
			"the better of two SSEs counts",
			[]*result.Cell{made(t, "sse-h2", six(100)...), made(t, "sse", six(900)...), made(t, "websocket", six(200)...), made(t, "grpc", six(300)...)},
			Refuted, Refuted, Refuted, "sse-h2 103 µs, websocket 203 µs, grpc 303 µs",
		},
	} {
		got, list := verdictsOf(c.cells...)
		if got["websocket"] != c.websocket || got["sse"] != c.sse || got["grpc"] != c.grpc {
			t.Errorf("%s: %v, want %s, %s, %s", c.name, got, c.websocket, c.sse, c.grpc)
		}
		if text := strings.Join(list[2].Evidence, "\n"); !strings.Contains(text, c.evidence) {
			t.Errorf("%s: evidence\n%s\nwant %q", c.name, text, c.evidence)
		}
	}
}

// Without one of the three protocols there is no claim, and an invalid repetition is no evidence.
func TestPerformanceNeedsEvidence(t *testing.T) {
	if got, _ := verdictsOf(made(t, "sse", six(300)...), made(t, "grpc", six(100)...)); len(got) > 0 {
		t.Errorf("without WebSocket: %v", got)
	}
	cells := []*result.Cell{made(t, "sse", six(300)...), made(t, "websocket", six(200)...), made(t, "grpc", six(100)...)}
	cells[1].Repetitions[2].Validity.Discarded = true
	if got, _ := verdictsOf(cells...); got["websocket"] != Inconclusive {
		t.Errorf("with five pairs: %v", got)
	}
}

// The best of a protocol's stock stacks counts, and is named; lean stands beside.
func TestTheBestStockStackCounts(t *testing.T) {
	stack := func(name string, c *result.Cell) *result.Cell {
		return at(c, func(c *result.Config) { c.Stack = name })
	}
	cells := []*result.Cell{
		stack("stock", made(t, "websocket", six(900)...)), stack("gorilla", made(t, "websocket", six(200)...)), stack("lean", made(t, "websocket", six(50)...)),
		stack("stock", made(t, "sse", six(300)...)), stack("lean", made(t, "sse", six(60)...)), stack("stock", made(t, "grpc", six(100)...)),
	}
	got, list := verdictsOf(cells...)
	if got["grpc"] != Confirmed || got["websocket"] != Confirmed {
		t.Errorf("%v", got)
	}
	if want := "p50: grpc 99.0 µs, websocket 199 µs (gorilla), sse 299 µs (lean: websocket 49.0 µs, sse 59.0 µs)"; !strings.Contains(strings.Join(list[2].Evidence, "\n"), want) {
		t.Errorf("%q lacks %q", list[2].Evidence, want)
	}
	r := &result.Result{Cells: cells}
	e := &result.Evidence{Suites: map[string]*result.Result{"capacity": {}, "equal-load": r}}
	for stack, want := range map[string]Verdict{"": Confirmed, "stock": Confirmed, "gorilla": Refuted, "lean": Inconclusive} {
		a, b := "grpc", "websocket"
		if stack == "gorilla" { // gRPC has no such stack and competes with its own
			a, b = "websocket", "grpc"
		}
		if got := Compare(e, a, b, Situation{Stack: stack}); got.Verdict != want {
			t.Errorf("%s: %s %q", stack, got.Verdict, got.Summary)
		}
	}
}

// Cells with other loads, encodings or sizes are not compared with each other.
func TestPlacesAreApart(t *testing.T) {
	cells := []*result.Cell{made(t, "sse", six(300)...), made(t, "websocket", six(200)...)}
	for _, change := range []func(*result.Config){
		func(c *result.Config) { c.Rate = 5 },
		func(c *result.Config) { c.Encoding = "native" },
		func(c *result.Config) { c.Size = 4096 },
		func(c *result.Config) { c.Connections = 8 },
		func(c *result.Config) { c.TLS = true },
		func(c *result.Config) { c.Model = "closed" },
		func(c *result.Config) { c.API = result.CustomAPI },
	} {
		if got, _ := verdictsOf(append(slices.Clone(cells), at(made(t, "grpc", six(100)...), change))...); len(got) > 0 {
			t.Errorf("%v", got)
		}
	}
}

// gRPC is ahead at capacity on shared connections only, as measured: the verdict depends on load and
// topology, and the figures are named.
func TestPerformanceDependsOnTopology(t *testing.T) {
	var cells []*result.Cell
	for _, pattern := range []string{"echo", "push", "upload", "fanout"} {
		for _, c := range []*result.Cell{
			made(t, "websocket", six(200)...), made(t, "sse", six(300)...), made(t, "grpc", six(400)...),
			shared(2, made(t, "grpc", six(390)...)), shared(1, made(t, "grpc", six(380)...)),
			closed(made(t, "websocket", six(200)...)), closed(made(t, "sse", six(300)...)), closed(made(t, "grpc", six(400)...)),
			closed(shared(2, made(t, "grpc", six(100)...))), closed(shared(1, made(t, "grpc", six(110)...))),
		} {
			cells = append(cells, at(c, func(c *result.Config) { c.Pattern = pattern }))
		}
	}
	got, list := verdictsOf(cells...)
	if got["grpc"] != Depends || got["websocket"] != Depends || got["sse"] != Depends {
		t.Fatalf("%v", got)
	}
	grpc := strings.Join(list[2].Summary, "\n")
	for _, want := range []string{
		"depends on the load and topology. True: at capacity, all streams on one connection (8 of 8); at capacity, a connection per core (8 of 8). False: otherwise (44 of 44)",
		"at capacity, all streams on one connection, for example: echo text at capacity, 16 streams, all streams on one connection: CPU per message at both ends: grpc 110 ns",
	} {
		if !strings.Contains(grpc, want) {
			t.Errorf("%s\nlacks %q", grpc, want)
		}
	}
}

// Each repetition drawn again, with replacement, from made-up evidence of any ranking, no cell is confirmed
// in one draw and refuted in another.
func TestResamplingDoesNotFlip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		noise := rapid.Float64Range(0, 0.3).Draw(t, "noise")
		speeds := map[string]float64{}
		for _, p := range []string{"websocket", "sse", "grpc", "grpc shared"} {
			speeds[p] = rapid.Float64Range(50, 200).Draw(t, p)
		}
		var cells []*result.Cell
		for _, pattern := range []string{"echo", "push", "upload"} {
			for _, p := range []string{"websocket", "sse", "grpc", "grpc shared"} {
				var times []int
				for range 7 {
					times = append(times, int(speeds[p]*(1+noise*rng.NormFloat64()*rng.Float64()))+20)
				}
				name, isShared := strings.CutSuffix(p, " shared")
				c := at(closed(untimed(name, times...)), func(c *result.Config) { c.Pattern = pattern })
				if isShared {
					c = shared(1, c)
				}
				cells = append(cells, c)
			}
		}
		first, _ := verdictsOf(resampled(rng, cells)...)
		second, _ := verdictsOf(resampled(rng, cells)...)
		for cell, v := range first {
			if w := second[cell]; v == Confirmed && w == Refuted || v == Refuted && w == Confirmed {
				t.Fatalf("%s: %s and %s", cell, v, w)
			}
		}
	})
}

// resampled draws the indices of repetitions again, the same for all cells, as they ran side by side.
func resampled(rng *rand.Rand, cells []*result.Cell) []*result.Cell {
	var drawn [7]int
	for i := range drawn {
		drawn[i] = rng.IntN(len(drawn))
	}
	var out []*result.Cell
	for _, c := range cells {
		n := *c
		n.Repetitions = nil
		for i, from := range drawn {
			r := *c.Repetitions[from]
			r.Index = i
			n.Repetitions = append(n.Repetitions, &r)
		}
		out = append(out, &n)
	}
	return out
}
