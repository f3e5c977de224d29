package loadgen

import (
	"rtbench/loadgen/session"
	"rtbench/proto"
	"rtbench/proto/record"
	"rtbench/proto/usage"
	"rtbench/report/result"
)

// collect fills in the repetition's measurements after everything has ended.
func (r *repetition) collect(before, after snapshot) {
	g := r.measured()
	session.Collect(g, r.rep)
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
	r.rep.DescribeSeries(r.job.resultCell.Config, g.Sink.Flow())
	r.rep.Samples = r.sampler.samples
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

func distribution(after, before usage.Distribution) result.Histogram {
	h := record.NewHistogram()
	for d, n := range after.Since(before) {
		_ = h.RecordValues(min(int64(d), record.Highest), int64(n))
	}
	return result.Wrap(h)
}
