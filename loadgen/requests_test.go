package loadgen

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// Messages over SSE are requests, one at a time on a stream. If a round trip through the network alone takes longer
// than the time between two of them, the plan cannot be carried out: that is not the server's failure, and not a limit
// of WebSocket or of more streams.
func TestRequestsBehindASlowNetwork(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, c := range []struct {
		protocol    string
		connections int
		limited     bool
	}{{"sse", 1, true}, {"sse", 100, false}, {"sse-h2", 1, true}, {"websocket", 1, false}} {
		t.Run(fmt.Sprint(c.protocol, c.connections), func(t *testing.T) {
			t.Parallel()
			s := parse(t, fmt.Sprintf(`{name: x, protocols: %s, pattern: echo, network: {delay: 25ms}, load: {rate: 100/s, connections: %d}, phases: {warmup: 0s, steady: 1s, drain: 1s}}`, c.protocol, c.connections))
			res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
			if err != nil {
				t.Fatal(err)
			}
			rep := res.Cells[0].Repetitions[0]
			reasons := strings.Join(rep.Validity.Reasons(), "\n")
			if c.limited && (rep.Validity.Word() != result.NotGenerated || !strings.Contains(reasons, "one under way at a time") || rep.Request < 50*time.Millisecond) {
				t.Errorf("%s: %v, %+v", reasons, rep.Request, rep.Counters)
			}
			if !c.limited && strings.Contains(reasons, "under way at a time") {
				t.Error(reasons)
			}
		})
	}
}
