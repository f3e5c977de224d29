package grpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"rtbench/loadgen/driver"
	"rtbench/proto/streamingpb"
)

// chunkSize is the size of an upload chunk, in bytes.
const chunkSize = 32 << 10

// An uploadStream makes a call of UploadData for each message. It receives the message back once the
// server has acknowledged all chunks.
type uploadStream struct {
	client    streamingpb.DataStreamServiceClient
	rpc       context.Context
	cancel    context.CancelFunc
	name      string
	pending   chan upload // in the order sent
	free      chan []byte
	last      []byte // returned by Recv
	closeOnce sync.Once
	chunk     streamingpb.UploadRequest
}

type upload struct {
	call    streamingpb.DataStreamService_UploadDataClient
	message []byte
	chunks  int
}

// Send implements proto.Conn. It waits while two uploads are pending.
func (s *uploadStream) Send(p []byte) error {
	call, err := s.client.UploadData(s.rpc)
	if err != nil {
		return err
	}
	u := upload{call: call, message: append(s.buffer(), p...)}
	s.chunk.Filename = s.name
	for rest := p; len(rest) > 0 && err == nil; u.chunks++ {
		s.chunk.Data = rest[:min(len(rest), chunkSize)]
		rest = rest[len(s.chunk.Data):]
		err = call.SendMsg(&s.chunk)
	}
	if err == nil {
		err = call.CloseSend()
	}
	select {
	case s.pending <- u: // even if the call has ended: its response has the reason
	case <-s.rpc.Done():
		return s.rpc.Err()
	}
	if errors.Is(err, io.EOF) {
		return driver.ErrEnded
	}
	return err
}

func (s *uploadStream) buffer() []byte {
	select {
	case b := <-s.free:
		return b[:0]
	default:
		return nil
	}
}

var errChunks = errors.New("the server did not accept all chunks of an upload")

func (s *uploadStream) Recv() ([]byte, error) {
	if s.last != nil {
		select {
		case s.free <- s.last:
		default:
		}
		s.last = nil
	}
	select {
	case u, more := <-s.pending:
		if !more {
			return nil, io.EOF
		}
		var response streamingpb.UploadResponse
		if err := u.call.RecvMsg(&response); err != nil {
			return nil, err
		}
		if !response.GetSuccess() || int(response.GetRecordsProcessed()) != u.chunks {
			return nil, fmt.Errorf("%w (success %v, %d of %d)", errChunks, response.GetSuccess(), response.GetRecordsProcessed(), u.chunks)
		}
		s.last = u.message
		return s.last, nil
	case <-s.rpc.Done():
		return nil, s.rpc.Err()
	}
}

func (s *uploadStream) CloseSend() error {
	s.closeOnce.Do(func() { close(s.pending) })
	return nil
}

func (s *uploadStream) Close() error {
	s.cancel()
	return nil
}
