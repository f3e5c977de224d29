package probe

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	"rtbench/proto/streamingpb"
)

// cutChannel cuts the connection twice: once with a new call right after the cut, once without
// a call.
func cutChannel(ctx context.Context, c *Proxy, n *Notes) error {
	channel, err := openChannel(c.target(new(tap)))
	if err != nil {
		return err
	}
	defer func() { _ = channel.Close() }()
	defer logStates(ctx, channel, n)()
	broke, at, err := cutStream(ctx, c, n, channel)
	if err != nil {
		return err
	}
	n.Answer("grpc/stream", broke == nil, "After the cut, grpc-go's open ProcessStream returned %s (%q) instead of its next response.", status.Code(broke), status.Convert(broke).Message())
	failed := retryCall(ctx, channel)
	after, made := time.Since(at), c.Accepted()
	n.Logf("  new call on the same channel, %v after the cut: error %v; connections so far: %d", after, failed, made)
	if failed != nil {
		n.Answer("grpc/channel", false, "After the cut, a new call on the same grpc-go channel failed: %v.", failed)
		return nil
	}
	n.Answer("grpc/channel", made > 1, "After the cut, a new call on the same grpc-go channel succeeded without reconnection code in the probe; the channel had made %d connections by then, 1 before the cut.", made)
	n.Value("grpc/channel-after", float64(after), "ns", "A call with wait-for-ready, made on the same channel as soon as the stream failed, succeeded %v after the cut.", after.Round(time.Microsecond))

	before, _ := cutNow(c, n)
	if made, err = countReconnects(ctx, c, n, before); err != nil {
		return err
	}
	state := channel.GetState()
	n.Answer("grpc/channel-idle", made > 0, "%v after a cut, without a call in between, the grpc-go channel was %v and had made %d new connections.", reconnectWait, state, made)
	return nil
}

// cutStream cuts the connection under a stream that has carried a message each way and returns
// the stream's error as broke.
func cutStream(ctx context.Context, c *Proxy, n *Notes, channel *grpc.ClientConn) (broke error, at time.Time, err error) {
	st, err := streamingpb.NewDataStreamServiceClient(channel).ProcessStream(ctx)
	if err != nil {
		return nil, at, err
	}
	if err := st.Send(&streamingpb.ProcessRequest{Input: "before the cut"}); err != nil {
		return nil, at, err
	}
	answer, err := st.Recv()
	if err != nil {
		return nil, at, err
	}
	n.Logf("  ProcessStream answered %q", answer.GetOutput())
	_, at = cutNow(c, n)
	_, broke = st.Recv()
	n.Logf("  Recv returned %v after the cut: %v", time.Since(at), broke)
	return broke, at, ctx.Err()
}

// retryTimeout bounds how long a new call waits for its channel to become ready.
const retryTimeout = 5 * time.Second

// retryCall makes a short call that waits until the channel is ready.
func retryCall(ctx context.Context, channel *grpc.ClientConn) error {
	ctx, cancel := context.WithTimeout(ctx, retryTimeout)
	defer cancel()
	_, err := fetch(ctx, channel, 1, func(int) {}, grpc.WaitForReady(true))
	return err
}

// logStates logs the connectivity states of a channel until stop is called.
func logStates(ctx context.Context, channel *grpc.ClientConn, n *Notes) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			state := channel.GetState()
			n.Logf("  the channel is %v", state)
			if state == connectivity.Shutdown || !channel.WaitForStateChange(ctx, state) {
				return
			}
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

const (
	itemsRequested = 1_000_000
	itemsBeforeCut = 1000
)

// cutFetchData cuts the connection in the middle of a server stream.
func cutFetchData(ctx context.Context, c *Proxy, n *Notes) error {
	channel, err := openChannel(c.target(new(tap)))
	if err != nil {
		return err
	}
	defer func() { _ = channel.Close() }()
	got, err := fetch(ctx, channel, itemsRequested, func(got int) {
		if got == itemsBeforeCut {
			cutNow(c, n)
		}
	})
	n.Logf("  received %d of %d items, then: %v", got, itemsRequested, err)
	n.Value("grpc/missed", float64(itemsRequested-got), "",
		"FetchData requested %d items and was cut after %d: %d arrived in total, followed by status %s. The call has no position to resume from.",
		itemsRequested, itemsBeforeCut, got, status.Code(err))
	return nil
}
