//go:build !nofleet

package fleet

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/loadgen"
	"rtbench/proto/clock"
	"rtbench/report/result"
)

// The faults of a fleet, the tests that provoke them, and their outcomes:
//
//	an agent dies                TestKilledAgentIsLost                                marked, what was measured is kept; exit code 114 in fleet.txtar
//	its lease ends               TestLongPartitionLosesTheAgent                       as above
//	it reports too little        TestManifestMustMatch, TestReportsCountOnce          as above
//	it opens streams too late    TestLateAgentMakesAllBeginAgain                      all begin again with more time
//	it is slow                   TestSlowAgentIsNamed                                 a finding names it; nothing is missing
//	a short partition            TestShortPartitionLosesNothing                       nothing is missing
//	a partition at Ctrl-C        TestInterruptedFleet                                 the agent stops once it is back; nothing is missing
//	NATS restarts                TestRestartOfNATS                                    nothing is missing
//	the coordinator dies         TestCollectAfterCrash                                collected, also after a restart of NATS; collect.txtar
//	  and an agent as well       TestCollectWithoutAnAgent                            marked; exit code 114 in collect.txtar
//	  and its own NATS server    TestNATSDiesWithTheCoordinator                       agents finish by plan and serve the next coordinator
//	  and it had started agents  TestLocalAgentsExitWithTheCoordinator                they exit
//	  and nobody collects        TestDiscard                                          removed by name
//	another version              TestAgentOfAnotherVersionIsRefused, TestDiscard      refused
//	another clock                TestAgentsOnAnotherClock                             its offset is found within the bound; clock_test.go of the root
//	  of another rate            TestClockOfAnotherRate                               its drift adds to the bound
//	two runs at once             TestTwoRunsAtOnce                                    an agent works for one at a time
//	a missing file               TestScenarioTravelsWithoutSecrets, TestTraceTravels  the coordinator sends it
//	  of a secret                TestSecretFileMissingOnAnAgent                       did not begin; not the server's failure
//	a command                    TestCommandsNeedPermission                           did not begin; no agent sends
//	  of an event                TestCommandOfAnEvent                                 runs once, at the coordinator
//	a wrong token, or none       TestJoiningNeedsTheToken                             refused
//	an unknown certificate       TestJoiningOverTLS                                   refused

// An agent that opens its streams too late makes all agents begin again, with more time.
func TestLateAgentMakesAllBeginAgain(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	c, s := startCoordinator(t, nil), startServer(t)
	var tried atomic.Int32
	startAgent(t, &Agent{Bus: c.bus, Name: "agent-0"})
	startAgent(t, &Agent{
		Bus: c.bus, Name: "agent-1",
		Run: func(ctx context.Context, task loadgen.Task, note func(result.Status, []loadgen.Delta)) *loadgen.Part {
			if tried.Add(1) == 1 {
				<-time.After(time.Duration(task.StartAt-clock.Now()) + 10*time.Millisecond)
			}
			return loadgen.RunShare(ctx, task, note)
		},
	})
	gather(t, c, 2)
	r := run(t.Context(), t, c, scenario(t, s, "1s"), nil)
	if r.Error != "" || tried.Load() < 2 || r.Counters.Recorded != 900 {
		t.Errorf("error %q after %d attempts, %d recorded", r.Error, tried.Load(), r.Counters.Recorded)
	}
}

// A link is a connection to NATS that can be cut.
type link struct {
	net.Listener
	cut atomic.Bool
	mu  sync.Mutex
	all []net.Conn
}

func newLink(t *testing.T, to string) *link {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &link{Listener: l}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			a, err := l.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("tcp", to)
			if err != nil || k.cut.Load() {
				_ = a.Close()
				continue
			}
			k.mu.Lock()
			k.all = append(k.all, a, b)
			k.mu.Unlock()
			pass := func(to, from net.Conn) {
				buf := make([]byte, 32<<10)
				for {
					n, err := from.Read(buf)
					if err != nil || k.cut.Load() {
						_ = to.Close()
						return
					}
					if _, err := to.Write(buf[:n]); err != nil {
						return
					}
				}
			}
			go pass(a, b)
			go pass(b, a)
		}
	}()
	return k
}

// setCut cuts the link, or mends it.
func (k *link) setCut(cut bool) {
	k.cut.Store(cut)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.all {
		_ = c.Close()
	}
	k.all = nil
}

// While an agent is cut off, it goes on by its plan and holds its reports. If the network comes back within
// the lease, nothing is missing.
func TestShortPartitionLosesNothing(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	c, s := startCoordinator(t, nil), startServer(t)
	c.lease = time.Minute
	k := newLink(t, strings.TrimPrefix(c.bus.URL, "nats://"))
	startAgent(t, &Agent{Bus: c.bus, Name: "agent-0"})
	startAgent(t, &Agent{Bus: Bus{URL: "nats://" + k.Addr().String(), Token: c.bus.Token}, Name: "agent-1"})
	gather(t, c, 2)
	var once sync.Once
	mended := make(chan struct{})
	r := run(t.Context(), t, c, scenario(t, s, "3s"), func(st result.Status) {
		if st.P50.At > 0 {
			once.Do(func() {
				k.setCut(true)
				time.AfterFunc(time.Second, func() {
					k.setCut(false)
					close(mended)
				})
			})
		}
	})
	<-mended
	if r.Error != "" || r.Counters.Recorded != 2700 || uint64(r.Response.Count()) != 2700 {
		t.Errorf("error %q, %d recorded, %d in the histogram", r.Error, r.Counters.Recorded, r.Response.Count())
	}
}

// An agent that is cut off for longer than its lease is lost.
func TestLongPartitionLosesTheAgent(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	c, s := startCoordinator(t, nil), startServer(t)
	c.lease = 3 * time.Second
	k := newLink(t, strings.TrimPrefix(c.bus.URL, "nats://"))
	startAgent(t, &Agent{Bus: c.bus, Name: "agent-0"})
	startAgent(t, &Agent{Bus: Bus{URL: "nats://" + k.Addr().String(), Token: c.bus.Token}, Name: "agent-1"})
	gather(t, c, 2)
	var once sync.Once
	r := run(t.Context(), t, c, scenario(t, s, "60s"), func(st result.Status) {
		if st.P50.At > 0 {
			once.Do(func() { k.setCut(true) })
		}
	})
	k.setCut(false) // the agent can leave
	if !strings.HasPrefix(r.Lost(), "agent agent-1 was lost: it has not been heard for ") || r.Response.Count() == 0 {
		t.Errorf("lost %q, %d times", r.Lost(), r.Response.Count())
	}
}

// NATS may restart during a run: agents and coordinator connect again, and nothing is missing.
func TestRestartOfNATS(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	first, err := Broker{Host: "127.0.0.1"}.start("token-of-the-test")
	if err != nil {
		t.Fatal(err)
	}
	at := Broker{Host: "127.0.0.1", Port: first.Addr().(*net.TCPAddr).Port}
	kept := filepath.Join(t.TempDir(), "store")
	c, err := Start(t.Context(), Bus{URL: first.ClientURL(), Token: "token-of-the-test"}, Broker{}, testVersion, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	var second *broker
	t.Cleanup(func() {
		c.Close()
		second.stop()
	})
	c.lease = time.Minute
	s := startServer(t)
	startAgents(t, c, 2)
	var once sync.Once
	restarted := make(chan error, 1)
	r := run(t.Context(), t, c, scenario(t, s, "3s"), func(st result.Status) {
		if st.P50.At > 0 {
			once.Do(func() {
				go func() {
					first.Shutdown()
					first.WaitForShutdown()
					err := os.Rename(first.dir, kept)
					if err == nil {
						second, err = at.startIn(kept, "token-of-the-test")
					}
					restarted <- err
				}()
			})
		}
	})
	if err := <-restarted; err != nil {
		t.Fatal(err)
	}
	if r.Error != "" || r.Counters.Recorded != 2700 || uint64(r.Response.Count()) != 2700 {
		t.Errorf("error %q, %d recorded, %d in the histogram", r.Error, r.Counters.Recorded, r.Response.Count())
	}
}
