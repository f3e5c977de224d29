//go:build linux

package acceptance

import (
	"fmt"
	"strings"
	"testing"
)

// evidence is a directory of evidence in which gRPC in a browser is limited, SSE carries no
// binary data and WebSocket does both.
func evidence(grpcInBrowser int) map[string]string {
	probe := func(name string, values map[string]int) string {
		var list []string
		for id, v := range values {
			list = append(list, fmt.Sprintf(`{"id": %q, "value": %d, "seen": "saw %s"}`, id, v, id))
		}
		return fmt.Sprintf(`{"version": 3, "name": %q, "observations": [%s]}`, name, strings.Join(list, ", "))
	}
	return map[string]string{
		"results/ev/verdicts.json": "{}",
		"results/ev/browser.json": probe("browser", map[string]int{
			"browser/grpc/bidirectional": grpcInBrowser, "browser/grpc/status": grpcInBrowser,
			"browser/websocket/open": 1, "browser/websocket/secure": 1, "browser/websocket/text": 1, "browser/websocket/binary": 1, "browser/websocket/both-ways": 1,
			"browser/eventsource/http1": 1, "browser/eventsource/http2": 1, "browser/binary/eventsource-raw": 0, "browser/eventsource/sends": 0,
		}),
		"results/ev/binary.json": probe("binary", map[string]int{
			"binary/sse/raw": 0, "binary/websocket/all-bytes": 1, "binary/websocket/megabyte": 1, "binary/grpc/all-bytes": 1, "binary/grpc/megabyte": 1,
		}),
	}
}

// All answers count, even those the guide's decision tree does not ask for.
func TestChooseUsesAllAnswers(t *testing.T) {
	t.Parallel()
	const (
		limited  = `In a browser, only WebSocket fits: browser/grpc "limited" is confirmed here.`
		noBinary = `For binary data, only WebSocket fits: binary/sse "no" is confirmed here.`
	)
	measured := newSession(t, evidence(0))
	for args, want := range map[string]string{
		"--bidirectional --binary=false --performance --browser":       limited,
		"--bidirectional --binary --browser":                           limited,
		"--bidirectional=false --browser --binary":                     noBinary,
		"--bidirectional --binary=false --performance":                 `In a browser, only WebSocket would fit: browser/grpc "limited" is confirmed here. Answer with`,
		"--bidirectional=false --browser":                              `For binary data, only WebSocket would fit: binary/sse "no" is confirmed here. Answer with`,
		"--bidirectional --binary=false --performance --browser=false": "",
		"--bidirectional=false --browser --binary=false":               "",
	} {
		o := measured.rtbench(append([]string{"choose"}, strings.Fields(args)...)...).wantCode(0)
		overruled := strings.Contains(o.Stdout, ", only ")
		if second := line(o.Stdout, 2); want == "" && (overruled || !strings.Contains(o.Stdout, "\nIt rests on")) || !strings.HasPrefix(second, want) || o.Stderr != "" {
			t.Errorf("%s:\n%s%s\nwant the second line %s", args, o.Stdout, o.Stderr, want)
		}
		if strings.Contains(want, "Answer") {
			continue
		}
		if want != "" && !strings.Contains(o.Stdout, "WebSocket rests on") {
			t.Errorf("%s:\n%s", args, o.Stdout)
		}
	}
	refuted := newSession(t, evidence(1))
	o := refuted.rtbench("choose", "--bidirectional", "--binary=false", "--performance", "--browser").wantCode(0)
	if !strings.Contains(o.Stdout, "\nIt rests on") || !strings.Contains(o.Stdout, `browser/grpc: "limited" is refuted here`) {
		t.Errorf("with browser/grpc refuted:\n%s", o.Stdout)
	}
	nothing := newSession(t, nil)
	o = nothing.rtbench("choose", "--bidirectional", "--binary", "--browser").wantCode(0)
	if !strings.HasPrefix(line(o.Stdout, 2), `In a browser, only WebSocket fits: the guide's table says browser/grpc "limited", which is not measured here yet.`) {
		t.Errorf("without evidence:\n%s", o.Stdout)
	}
}

// The dialogue asks only the questions that change the advice.
func TestChooseAsksRelevantQuestions(t *testing.T) {
	t.Parallel()
	s := newSession(t, nil)
	c := s.command("choose")
	c.Stdin = strings.NewReader("yes\nno\nyes\nyes\n")
	o := (<-s.start(c)).wantCode(0)
	if !strings.HasPrefix(line(o.Stdout, 2), "In a browser, only WebSocket fits: ") || !strings.Contains(o.Stderr, "Is the client a browser?") {
		t.Errorf("%s%s", o.Stderr, o.Stdout)
	}
}

// line returns the n-th line of a text, from 1, or "" if there are fewer.
func line(text string, n int) string {
	if lines := strings.Split(text, "\n"); len(lines) >= n {
		return lines[n-1]
	}
	return ""
}
