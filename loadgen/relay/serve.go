// Package relay emulates a network between client and server: a process of its own relays the bytes of
// all connections, late or held up. Serve is that process, and Start runs it from a client.
package relay

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/proto/usage"
	"rtbench/report/result"
	"rtbench/scenarios/cell"
)

// server relays connections. Each begins with the line of an address and a group, and the answer is a line: empty if
// the address accepted the connection, else the number of the error, if it has one, and its text.
type server struct {
	network cell.Network
	cuts    partitions
	seed    uint64
	timer   *pace.Metronome
	ctx     context.Context //nolint:containedctx // ends with the process's standard input
	conns   sync.WaitGroup

	mu    sync.Mutex
	stats result.Relay
	late  *hdrhistogram.Histogram
	n     uint64
}

// maxHandshake bounds the exchange of an address.
const maxHandshake = 10 * time.Second

// Main is Serve with the arguments that Start passes: a cell.Network as JSON, and the seed.
func Main(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("found %d arguments; expected a network as JSON and a seed", len(args))
	}
	var n cell.Network
	if err := json.Unmarshal([]byte(args[0]), &n); err != nil {
		return fmt.Errorf("the network: %w", err)
	}
	seed, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return fmt.Errorf("the seed: %w", err)
	}
	return Serve(n, seed, in, out)
}

// Serve relays until in ends, which is read for Cuts as JSON. It writes the address where it listens and, at the end, a result.Relay to
// out, as JSON on a line each. The seed selects its random numbers.
func Serve(n cell.Network, seed int64, in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	// It does not spin: the cores are the server's and the client's.
	s := &server{network: n, seed: uint64(seed), timer: pace.NewMetronome(0), ctx: ctx, late: record.NewHistogram()}
	defer s.timer.Close()
	s.conns.Go(func() { s.accept(l) })
	err = json.NewEncoder(out).Encode(l.Addr().String())
	if err == nil {
		err = s.readCuts(in)
	}
	cancel()
	_ = l.Close()
	s.conns.Wait()
	s.stats.Late = result.Wrap(s.late)
	s.stats.CPU = usage.Read().CPU
	return errors.Join(err, json.NewEncoder(out).Encode(s.stats))
}

// readCuts adds the cuts from in until it ends.
func (s *server) readCuts(in io.Reader) error {
	for lines := json.NewDecoder(in); ; {
		var c Cut
		switch err := lines.Decode(&c); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		s.cuts.add(c)
	}
}

// record counts a delivery that was so late.
func (s *server) record(nanoseconds int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.late.RecordValue(nanoseconds)
}

func (s *server) accept(l net.Listener) {
	for {
		nc, err := l.Accept()
		if err != nil {
			if s.ctx.Err() != nil {
				return
			}
			time.Sleep(10 * time.Millisecond) // such as no free file
			continue
		}
		s.n++
		random := rand.New(rand.NewPCG(s.seed, s.n))
		s.conns.Go(func() { s.relay(nc, random) })
	}
}

// relay connects to the server and relays both directions until they end.
func (s *server) relay(client net.Conn, random *rand.Rand) {
	defer func() { _ = client.Close() }()
	end := context.AfterFunc(s.ctx, func() { _ = client.Close() })
	defer end()
	remote, group, err := s.connect(client)
	if err != nil {
		return
	}
	defer func() { _ = remote.Close() }()
	defer context.AfterFunc(s.ctx, func() { _ = remote.Close() })()
	toServer, toClient := &cuts{&s.cuts, false, group}, &cuts{&s.cuts, true, group}
	up, down := s.link(client, remote, random, toServer, toClient), s.link(remote, client, random, toClient, toServer)
	if s.network.Resets > 0 {
		after := time.Duration(random.ExpFloat64() * float64(s.network.Resets))
		timer := time.AfterFunc(after, func() {
			s.mu.Lock()
			s.stats.Resets++
			s.mu.Unlock()
			up.queue.close()
			down.queue.close()
		})
		defer timer.Stop()
	}
	var both sync.WaitGroup
	both.Go(up.run)
	both.Go(down.run)
	both.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range []*link{up, down} {
		s.stats.Bytes += l.bytes
		s.stats.Stalls += l.plan.stalls
	}
	s.stats.Connections++
}

func (s *server) link(from, to net.Conn, random *rand.Rand, there, back *cuts) *link {
	return &link{
		back: back, ended: s.ctx.Done(),
		from: from, to: to, timer: s.timer, queue: newQueue(room(s.network)), alarm: make(chan struct{}, 1), late: s.record,
		plan: plan{network: s.network, cuts: there, random: rand.New(rand.NewPCG(random.Uint64(), random.Uint64()))},
	}
}

// connect connects to the address that the client names with its group, and tells it the outcome after a round
// trip. No connection is opened during a partition.
func (s *server) connect(client net.Conn) (remote net.Conn, group string, err error) {
	_ = client.SetDeadline(time.Now().Add(maxHandshake))
	line, err := readLine(client)
	if err != nil {
		return nil, "", err
	}
	address, group, _ := strings.Cut(line, " ")
	asked, err := s.awaitPassage(client, group)
	if err != nil {
		return nil, "", err
	}
	_ = client.SetDeadline(time.Now().Add(maxHandshake))
	trip := plan{network: s.network, random: rand.New(rand.NewPCG(s.seed, 0))}
	trip.network.Bandwidth, trip.network.Stalls = 0, 0
	remote, err = (&net.Dialer{Timeout: maxHandshake}).DialContext(s.ctx, "tcp", address)
	answer := "\n"
	if err != nil {
		var number syscall.Errno
		errors.As(err, &number)
		answer = fmt.Sprintf("%d %s\n", number, strings.ReplaceAll(err.Error(), "\n", " "))
	}
	select {
	case <-time.After(time.Duration(trip.arrive(trip.arrive(asked, 0), 0) - clock.Now())):
	case <-s.ctx.Done():
	}
	_, failed := io.WriteString(client, answer)
	if err = errors.Join(err, failed, client.SetDeadline(time.Time{})); err != nil && remote != nil {
		_ = remote.Close()
	}
	return remote, group, err
}

// awaitPassage waits until no partition holds back the connecting of a client, which may give up, and returns
// that time.
func (s *server) awaitPassage(client net.Conn, group string) (int64, error) {
	now := clock.Now()
	over := max((&cuts{&s.cuts, false, group}).after(now), (&cuts{&s.cuts, true, group}).after(now))
	if over == now {
		return now, nil
	}
	_ = client.SetReadDeadline(time.Now().Add(time.Duration(over - now)))
	_, err := client.Read(make([]byte, 1)) // the client says nothing until it is connected
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, errors.New("the client gave up")
	}
	return clock.Now(), s.ctx.Err()
}

// readLine reads a line, and nothing beyond it.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReaderSize(oneByte{r}, 16).ReadString('\n')
	return strings.TrimSuffix(line, "\n"), err
}

// oneByte reads a byte at a time.
type oneByte struct{ io.Reader }

func (r oneByte) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(1, len(p))]) }
