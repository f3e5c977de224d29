package guideapi

import (
	"errors"
	"fmt"
	"io"

	protobuf "google.golang.org/protobuf/proto"

	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/proto/streamingpb"
)

// defineProcess defines a call of ProcessStream. Outputs must end with the input: the guide prepends
// "Processed: ".
func defineProcess(s *Session) {
	s.setEndpoint("grpc", streamingpb.DataStreamService_ProcessStream_FullMethodName)
	s.endpoint.ClientStreams, s.endpoint.ServerStreams = true, true
	var out streamingpb.ProcessRequest
	var request []byte
	s.encode = func(h proto.Header) (_ []byte, err error) {
		out.Input = string(s.stamped.Stamp(h))
		request, err = protobuf.MarshalOptions{}.MarshalAppend(request[:0], &out)
		return request, err
	}
	var in streamingpb.ProcessResponse
	var output []byte
	s.decode = func(b []byte) (h proto.Header, _ codec.Outcome, _ error) {
		if err := protobuf.Unmarshal(b, &in); err != nil {
			return h, codec.None, fmt.Errorf("%w: %w", errNotGuide, err)
		}
		if in.GetComplete() {
			return h, codec.None, io.EOF
		}
		output = append(output[:0], in.GetOutput()...)
		if h, o := s.measured(output[max(0, len(output)-s.call.Size):]); o != codec.Unmatched {
			return h, o, nil
		}
		return s.unmatched(output)
	}
}

// chunkSize is the size of an upload chunk, in bytes.
const chunkSize = 32 << 10

// maxUploads is the number of uploads whose response has not been decoded.
const maxUploads = 8

var errChunks = errors.New("the server did not accept all chunks of an upload")

// defineUpload defines calls of UploadData, one for each message. A response that acknowledges all
// chunks counts as the message.
func defineUpload(s *Session) {
	s.setEndpoint("grpc", streamingpb.DataStreamService_UploadData_FullMethodName)
	s.endpoint.ClientStreams = true
	chunk := streamingpb.UploadRequest{Filename: fmt.Sprintf("rtbench-%d", s.call.Share)}
	var request []byte
	s.endpoint.Requests = func(p []byte, i int) ([]byte, bool) {
		from := i * chunkSize
		if from >= len(p) {
			return nil, false
		}
		chunk.Data = p[from:min(len(p), from+chunkSize)]
		request, _ = protobuf.MarshalOptions{}.MarshalAppend(request[:0], &chunk) // fails only for invalid UTF-8
		return request, true
	}
	type upload struct {
		proto.Header
		chunks int
	}
	pending := make(chan upload, maxUploads)
	s.encode = func(h proto.Header) ([]byte, error) {
		p := s.stamped.Stamp(h)
		pending <- upload{h, (len(p) + chunkSize - 1) / chunkSize}
		return p, nil
	}
	var in streamingpb.UploadResponse
	s.decode = func(b []byte) (proto.Header, codec.Outcome, error) {
		u := <-pending
		if err := protobuf.Unmarshal(b, &in); err != nil {
			return u.Header, codec.None, fmt.Errorf("%w: %w", errNotGuide, err)
		}
		if !in.GetSuccess() || int(in.GetRecordsProcessed()) != u.chunks {
			return u.Header, codec.None, fmt.Errorf("%w (success %v, %d of %d)", errChunks, in.GetSuccess(), in.GetRecordsProcessed(), u.chunks)
		}
		return u.Header, codec.Intact, nil
	}
}
