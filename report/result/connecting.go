package result

import "time"

// Connecting describes how the streams of a repetition were opened before the load began.
type Connecting struct {
	Streams uint64 `json:"streams"` // to be opened
	// Time is from the moment at which a stream was due to be opened until it was open: its opening steps
	// done, after attempts that failed. Without a plan, a stream is due when its first attempt begins.
	Time Histogram `json:"time_ns"`
	// Lag is from the due moment to the first attempt: the generator's lateness. It is empty without a plan.
	Lag Histogram `json:"lag_ns,omitzero"`
	// TCP, TLS and Upgrade are the parts of the last attempt: until the connection was established, the
	// handshake of TLS, and the rest, such as the upgrade to WebSocket. They are empty if unknown: for several
	// streams on a connection, and for libraries that connect themselves.
	TCP     Histogram `json:"tcp_ns,omitzero"`
	TLS     Histogram `json:"tls_ns,omitzero"`
	Upgrade Histogram `json:"upgrade_ns,omitzero"`
	// Resumed counts streams whose connection resumed the TLS session of an earlier one.
	Resumed uint64 `json:"resumed,omitempty"`
	// Opened is from the beginning of connecting until a stream was open.
	Opened Histogram `json:"opened_ns"`
}

// Until returns the time from the beginning of connecting until a share of the streams was open, in percent;
// false if it never was.
func (c *Connecting) Until(percent float64) (time.Duration, bool) {
	return c.Opened.until(percent, c.Streams)
}

// until returns the time by which a share of so many had a time in h, in percent; false if they never had.
func (h Histogram) until(percent float64, of uint64) (time.Duration, bool) {
	n := float64(h.Count())
	if of == 0 || n*100 < percent*float64(of) {
		return 0, false
	}
	return h.Quantile(percent * float64(of) / n), true
}

// add adds the streams of another generator, or of another repetition.
func (c *Connecting) add(o *Connecting) {
	c.Streams += o.Streams
	c.Resumed += o.Resumed
	c.Time.Merge(o.Time)
	c.Lag.Merge(o.Lag)
	c.TCP.Merge(o.TCP)
	c.TLS.Merge(o.TLS)
	c.Upgrade.Merge(o.Upgrade)
	c.Opened.Merge(o.Opened)
}

// Connecting merges those of all repetitions that opened streams; nil if none did.
func (c *Cell) Connecting() (sum *Connecting) {
	for _, r := range c.Repetitions {
		if r.Connecting == nil {
			continue
		}
		if sum == nil {
			sum = new(Connecting)
		}
		sum.add(r.Connecting)
	}
	return sum
}

// addConnecting adds the streams of another share.
func (r *Repetition) addConnecting(c *Connecting) {
	if c == nil {
		return
	}
	if r.Connecting == nil {
		r.Connecting = new(Connecting)
	}
	r.Connecting.add(c)
}
