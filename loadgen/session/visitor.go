package session

// A visitor is the pace.Task of a sender in a group whose users come and go.
type visitor struct{ *sender }

// Fire implements pace.Task. A message that is due while no user is there is nobody's.
func (e visitor) Fire(due int64) bool {
	v := e.visit
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.state == present || v.state == broken {
		return e.sender.Fire(due)
	}
	v.away[e.g.phaseOf(due)].Add(1)
	e.blocked = false
	return true
}

// Blocked implements pace.Blocker.
func (e visitor) Blocked() bool {
	v := e.visit
	v.mu.Lock()
	defer v.mu.Unlock()
	return (v.state == present || v.state == broken) && e.sender.Blocked()
}
