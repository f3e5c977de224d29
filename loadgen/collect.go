package loadgen

import (
	"time"

	"rtbench/proto"
	"rtbench/proto/record"
	"rtbench/proto/usage"
	"rtbench/report/result"
)

// collect fills in the repetition's measurements after everything has ended.
func (r *repetition) collect(before, after snapshot) {
	r.resolveUnstamped()
	r.endSilences()
	for _, rec := range r.recorders {
		rec.Flush()
	}
	totals := r.sink.Totals()
	r.rep.Response, r.rep.Service, r.rep.Lag = result.Wrap(totals.Response), result.Wrap(totals.Service), result.Wrap(totals.Lag)
	r.rep.Timeline = r.timeline()
	r.rep.Wire = result.Wire{
		SentBytes:     after.wire.SentBytes - before.wire.SentBytes,
		ReceivedBytes: after.wire.ReceivedBytes - before.wire.ReceivedBytes,
	}
	r.rep.Client = result.Resources{
		Known: true, Engine: r.rep.Client.Engine, CPU: after.client.CPU - before.client.CPU, Spin: after.spin - before.spin,
		RSSBytes: after.client.RSS, BeforeBytes: r.rep.Client.BeforeBytes, Goroutines: after.client.Goroutines,
		GCs: after.client.GCs - before.client.GCs, GCPause: after.client.GCPause - before.client.GCPause, GOGC: after.client.GOGC,
		RunQueue:   max(0, after.client.RunQueue-before.client.RunQueue),
		Scheduling: distribution(after.waits.Scheduling, before.waits.Scheduling),
		GCPauses:   distribution(after.waits.GC, before.waits.GC),
	}
	if before.known && after.known {
		a, b := after.server, before.server
		r.rep.Server = result.Resources{
			Known: true, Source: r.server.StatsSource(), Engine: r.serverEngine(), CPU: a.CPU - b.CPU, Spin: a.Spin - b.Spin, RSSBytes: a.RSS,
			BeforeBytes: r.rep.Server.BeforeBytes, Goroutines: a.Goroutines,
			GCs: a.GCs - b.GCs, GCPause: a.GCPause - b.GCPause, GOGC: a.GOGC, RunQueue: max(0, a.RunQueue-b.RunQueue),
		}
	}
	r.rep.Counters.Clamped = totals.Clamped
	r.countMessages()
	r.countEvents()
	r.collectStreamTime()
	if r.job.custom() {
		r.collectCustom()
	}
	r.rep.DescribeSeries(r.job.resultCell.Config, r.sink.Flow())
	if before.known && after.known {
		r.rep.Counters.Dropped = after.server.Dropped - before.server.Dropped
	}
}

func (r *repetition) serverEngine() string {
	if r.job.custom() {
		return ""
	}
	if !proto.Multiplexes(r.job.cell.Protocol) {
		return r.server.Info.Engine
	}
	return "goroutine"
}

func (r *repetition) timeline() []result.Interval {
	if r.traffic.summary {
		return nil // the server sends only totals
	}
	steady := time.Duration(r.to - r.from)
	var out []result.Interval
	for i, h := range r.sink.Timeline() {
		length := record.SlotLength(steady)
		start := time.Duration(i) * length
		if rest := steady - start; rest > 0 {
			length = min(length, rest)
		}
		packed, err := result.Pack(h)
		if err != nil {
			packed = result.Wrap(h)
		}
		out = append(out, result.Interval{Start: start, Length: length, Response: packed})
	}
	for len(out) > 0 && out[len(out)-1].Response.IsZero() {
		out = out[:len(out)-1]
	}
	return out
}

func distribution(after, before usage.Distribution) result.Histogram {
	h := record.NewHistogram()
	for d, n := range after.Since(before) {
		_ = h.RecordValues(min(int64(d), record.Highest), int64(n))
	}
	return result.Wrap(h)
}

// collectCustom fills in the counters that only custom targets have.
func (r *repetition) collectCustom() {
	n := &r.rep.Counters
	for _, e := range r.exchanges {
		n.AllSent += e.sent()
		n.AllReceived += e.receiver.Ledger.Received
		n.After += e.pushed.after
	}
	if r.traffic.gaps {
		r.collectArrivals()
	}
}
