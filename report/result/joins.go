package result

// Joins describes users that came and went in the steady phase, each on a connection of its own. A user that
// leaves is replaced by one that is due to join at the same time.
type Joins struct {
	Planned uint64 `json:"planned"` // users that were due to join
	Joined  uint64 `json:"joined"`  // of these, until the end of the phase
	Failed  uint64 `json:"failed"`  // of these, did not join before they were due to leave again
	Refused uint64 `json:"refused"` // attempts to join that failed
	Left    uint64 `json:"left"`
	// Connecting is how the users connected that joined: from when a user was due until its opening steps were
	// done. Lag is until its first attempt: the generator's lateness, or the user before was still joining.
	Connecting Connecting `json:"connecting"`
	// Leaving is from when a user was due to leave until its stream had ended.
	Leaving Histogram `json:"leaving_ns,omitzero"`
	// Unanswered counts users whose end the server did not confirm in time.
	Unanswered uint64 `json:"unanswered"`
	// Away counts messages that were due while a connection had no user. They were not sent.
	Away uint64 `json:"away"`
	// EdgeIgnored and EdgeMissed count messages from others, in all phases, that were on their way while a user
	// joined or left, so that nobody knows whether they were due to it. They are in no other count. Those ignored
	// came to a user that was leaving, or had been sent to its predecessor. Those missed were sent after a user had
	// joined and before the first that it received.
	EdgeIgnored uint64 `json:"edge_ignored"`
	EdgeMissed  uint64 `json:"edge_missed"`
}

// add adds the users of another generator, or of another repetition.
func (j *Joins) add(o *Joins) {
	j.Planned += o.Planned
	j.Joined += o.Joined
	j.Failed += o.Failed
	j.Refused += o.Refused
	j.Left += o.Left
	j.Connecting.add(&o.Connecting)
	j.Leaving.Merge(o.Leaving)
	j.Unanswered += o.Unanswered
	j.Away += o.Away
	j.EdgeIgnored += o.EdgeIgnored
	j.EdgeMissed += o.EdgeMissed
}

// addJoins adds the users of another share.
func (r *Repetition) addJoins(j *Joins) {
	if j == nil {
		return
	}
	if r.Joins == nil {
		r.Joins = new(Joins)
	}
	r.Joins.add(j)
}

// Joins merges those of all repetitions; nil if nobody came or went.
func (c *Cell) Joins() (sum *Joins) {
	for _, r := range c.Repetitions {
		if r.Joins == nil {
			continue
		}
		if sum == nil {
			sum = new(Joins)
		}
		sum.add(r.Joins)
	}
	return sum
}

// mostApart is the largest share of messages that no user was to send or to receive, without a remark.
const mostApart = 0.01

// judgeJoins finds users that could not join, and says how much of the load had no user.
func judgeJoins(v *Validity, r *Repetition) {
	j := r.Joins
	if j == nil {
		return
	}
	if j.Failed > 0 {
		v.addReason(ServerFailed, "%d of %s could not join before they were due to leave again", j.Failed, Plural(j.Planned, "user"))
	}
	if all := j.Away + r.Counters.Planned; float64(j.Away) > mostApart*float64(all) {
		v.addReason("", "%s of %s were due while a user had left and the next one had not joined, and were not sent", Grouped(j.Away), Plural(all, "message"))
	}
	if all := j.EdgeMissed + r.Counters.Planned; float64(j.EdgeMissed) > mostApart*float64(all) {
		v.addReason("", "%s after a user had joined and before the first message that it received, and did not arrive", sent(j.EdgeMissed))
	}
}

func sent(n uint64) string {
	if n == 1 {
		return "1 message was sent"
	}
	return Grouped(n) + " messages were sent"
}
