package html

import (
	"bytes"
	"strings"
	"testing"

	"rtbench/report/result"
)

func TestKindsOfMessages(t *testing.T) {
	t.Parallel()
	r := small(t)
	c := r.Cells[0]
	for _, rep := range c.Repetitions {
		rep.Kinds = []result.Kind{{Name: "move", Due: rep.Counters.Sent, Response: rep.Response}}
	}
	page := &bytes.Buffer{}
	if err := Write(page, []result.Named{{Dir: "a", Result: r}}, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Kinds of messages: how many", c.Config.Protocol + " · move"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("no %q in the page", want)
		}
	}
}

func TestAgents(t *testing.T) {
	t.Parallel()
	r := small(t)
	c := r.Cells[0]
	for _, rep := range c.Repetitions {
		rep.Agents = []result.Agent{{Name: "left", Recorded: 4321}, {Name: "right"}}
	}
	page := &bytes.Buffer{}
	if err := Write(page, []result.Named{{Dir: "a", Result: r}}, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Agents: what each did", c.Config.Protocol + " · #1 · left", "4,321", " · #1 · right"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("no %q in the page", want)
		}
	}
}

func TestServerMetrics(t *testing.T) {
	t.Parallel()
	r := small(t)
	for _, rep := range r.Cells[0].Repetitions {
		rep.ServerMetrics = &result.ServerMetrics{Readings: 2, Series: []result.ServerSeries{{
			Name: "queue", Source: "app_queue_depth", Kind: "gauge", Matched: 3, Values: []result.ServerValue{{Name: "queue_max", Value: 17}},
		}}}
	}
	page := &bytes.Buffer{}
	if err := Write(page, []result.Named{{Dir: "a", Result: r}}, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"The server&#39;s own metrics", "queue max", ">17", "queue is the sum of 3 series app_queue_depth"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("no %q in the page", want)
		}
	}
}
