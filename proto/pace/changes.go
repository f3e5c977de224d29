package pace

type removal struct {
	task Task
	done chan struct{}
}

func (m *Metronome) add(with entry) {
	with.blocker, _ = with.task.(Blocker)
	m.mu.Lock()
	closed := m.closed
	if !closed {
		m.share(with.plan)
		m.adding = append(m.adding, m.newEntry(with))
		m.signal()
	}
	m.mu.Unlock()
	if closed {
		with.task.Done()
	}
}

// share makes a plan, which may be nil, share its load with the plan before it, if that is the same. m.mu must be held.
func (m *Metronome) share(p *Plan) {
	switch {
	case p == nil:
	case m.load != nil && m.load.equal(p.load):
		p.load = m.load
	default:
		m.load = p.load
	}
}

// newEntry returns an entry with these values. m.mu must be held.
func (m *Metronome) newEntry(with entry) *entry {
	var e *entry
	if n := len(m.spare); with.plan == nil && n > 0 {
		e, m.spare = m.spare[n-1], m.spare[:n-1]
	} else {
		e = new(entry)
	}
	*e = with
	return e
}

// signal wakes the thread to apply changes. m.mu must be held and m must have been open,
// so that the waiter still exists.
func (m *Metronome) signal() {
	m.changed.Store(true)
	if m.asleep.Load() {
		m.waiter.Wake()
	}
}

// applyChanges applies pending changes. It returns false if the metronome is closed.
func (m *Metronome) applyChanges() bool {
	m.mu.Lock()
	adding, removals, clears, closed := m.adding, m.removal, m.clears, m.closed
	m.adding, m.removal, m.clears = m.applied[:0], nil, nil
	m.spare = append(m.spare, m.spent...)
	m.mu.Unlock()
	m.spent = m.spent[:0]
	for _, e := range adding {
		if e.plan == nil || e.next() {
			m.tasks.add(e)
		} else {
			m.finish(e)
		}
	}
	clear(adding)
	m.applied = adding
	for _, r := range removals {
		m.remove(r.task)
		close(r.done)
	}
	for _, of := range clears {
		m.end(of)
	}
	if closed {
		m.end(func(Task) bool { return true })
	}
	return !closed
}

// end ends the tasks for which of returns true.
func (m *Metronome) end(of func(Task) bool) {
	m.tasks.deleteFunc(func(e *entry) bool {
		ends := of(e.task)
		if ends {
			m.finish(e)
		}
		return ends
	})
}

func (m *Metronome) remove(t Task) {
	for i, d := range m.tasks {
		if d.entry.task == t {
			m.tasks.remove(i)
			m.finish(d.entry)
			return
		}
	}
}
