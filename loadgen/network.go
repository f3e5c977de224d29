package loadgen

import "rtbench/loadgen/relay"

// emulateNetwork starts the network of the scenario, if it has one.
func (r *repetition) emulateNetwork() (err error) {
	if n := r.job.cell.Network; n.Emulated() || r.job.cell.Partitions() {
		// Each repetition has other random numbers, the same in each run.
		r.dialer.relay, err = relay.Start(n, r.job.cell.Seed+int64(r.job.index))
	}
	return err
}

// endNetwork ends the emulated network, once all connections are closed, and keeps its metrics.
func (r *repetition) endNetwork() {
	if r.dialer.relay == nil {
		return
	}
	stats, err := r.dialer.relay.Stop()
	r.dialer.relay = nil
	for _, rep := range r.reps() {
		if rep.Network = &stats; err != nil && rep.Error == "" {
			rep.Error = err.Error()
		}
	}
}
