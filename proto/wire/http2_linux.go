package wire

import "sync"

// waitOnce waits until there is room to write, or until wake. It lets go of mu, which
// whoever wakes must hold, meanwhile.
func (c *loopConn) waitOnce(mu *sync.Mutex) {
	c.mu.Lock()
	mu.Unlock()
	if len(c.out) >= backlog && c.failed() == nil {
		if c.room == nil {
			c.room = sync.NewCond(&c.mu)
		}
		c.room.Wait()
	}
	c.mu.Unlock()
	mu.Lock()
}

// wake ends every waitOnce.
func (c *loopConn) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.room != nil {
		c.room.Broadcast()
	}
}
