// Command grpc-go makes one RPC with grpc-go and prints what its caller saw as JSON on standard output. Messages
// travel as bytes: whoever starts it encodes the requests and decodes the replies.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// call is what to do. Bytes are base64 in JSON, and so are values of metadata whose key ends in -bin.
type call struct {
	// Address is where to connect to: an IP address and a port.
	Address      string      `json:"address"`
	Path         string      `json:"path"`
	ClientStream bool        `json:"clientStream"`
	ServerStream bool        `json:"serverStream"`
	Authority    string      `json:"authority"`
	UserAgent    string      `json:"userAgent"`
	Metadata     [][2]string `json:"metadata"`
	Requests     [][]byte    `json:"requests"`
	DeadlineMs   int         `json:"deadlineMs"`
	// TLS is nil for plaintext.
	TLS *struct {
		// ServerName is the SNI, and what the certificate is checked against. Empty for the authority's host.
		ServerName string `json:"serverName"`
		// CA is a PEM text; without it the system's authorities count, of which a scratch image has none.
		CA string `json:"ca"`
	} `json:"tls"`
}

type message struct {
	AtMs float64 `json:"atMs"`
	Body []byte  `json:"body"`
}

// outcome is what the caller of grpc-go saw.
type outcome struct {
	Version   string      `json:"version"`
	Code      uint32      `json:"code"`
	Message   string      `json:"message"`
	Header    metadata.MD `json:"header"`
	Trailer   metadata.MD `json:"trailer"`
	Messages  []message   `json:"messages"`
	SentAtMs  []float64   `json:"sentAtMs"`
	EndedAtMs float64     `json:"endedAtMs"`
}

// raw hands bytes through as they are, under the name that the content type of protobuf messages has.
type raw struct{}

func (raw) Name() string                  { return "proto" }
func (raw) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fail("usage: grpc-go CALL, where CALL is JSON")
	}
	var wanted call
	if err := json.Unmarshal([]byte(os.Args[1]), &wanted); err != nil {
		fail("the call cannot be read: %v", err)
	}
	seen, err := perform(wanted)
	if err != nil {
		fail("the call cannot be made: %v", err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(seen); err != nil {
		fail("the outcome cannot be written: %v", err)
	}
}

func fail(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	os.Exit(2)
}

// perform makes the RPC. Its error is one of the call itself; what became of the RPC is in the outcome.
func perform(wanted call) (outcome, error) {
	connection, err := dial(wanted)
	if err != nil {
		return outcome{}, err
	}
	defer connection.Close()
	ctx := context.Background()
	if wanted.DeadlineMs > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(wanted.DeadlineMs)*time.Millisecond)
		defer cancel()
	}
	for _, pair := range wanted.Metadata {
		value := pair[1]
		if isBinary(pair[0]) {
			decoded, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				return outcome{}, fmt.Errorf("the value of %s: %w", pair[0], err)
			}
			value = string(decoded)
		}
		ctx = metadata.AppendToOutgoingContext(ctx, pair[0], value)
	}
	started := time.Now()
	clock := func() float64 { return float64(time.Since(started).Microseconds()) / 1000 }
	seen := outcome{Version: grpc.Version, Messages: []message{}, SentAtMs: []float64{}}
	err = exchange(ctx, connection, wanted, &seen, clock)
	seen.EndedAtMs = clock()
	final := status.Convert(err)
	seen.Code, seen.Message = uint32(final.Code()), final.Message()
	return seen, nil
}

func dial(wanted call) (*grpc.ClientConn, error) {
	transport := insecure.NewCredentials()
	authority := grpc.WithAuthority(wanted.Authority)
	if wanted.TLS != nil {
		config := &tls.Config{ServerName: wanted.TLS.ServerName}
		if wanted.TLS.CA != "" {
			config.RootCAs = x509.NewCertPool()
			if !config.RootCAs.AppendCertsFromPEM([]byte(wanted.TLS.CA)) {
				return nil, fmt.Errorf("the CA is no certificate")
			}
		}
		transport = credentials.NewTLS(config)
		// A connection's authority is its TLS name; only a call of its own may then have another one.
		if wanted.TLS.ServerName != "" {
			authority = grpc.WithDefaultCallOptions(grpc.CallAuthority(wanted.Authority))
		}
	}
	return grpc.NewClient(
		"passthrough:///"+wanted.Address,
		grpc.WithTransportCredentials(transport),
		authority,
		grpc.WithUserAgent(wanted.UserAgent),
		// What is retried is retried by the gateway.
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithNoProxy(),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{})),
	)
}

// exchange sends every request, half-closes, and takes in what comes. It returns the final status as an error.
func exchange(
	ctx context.Context, connection *grpc.ClientConn, wanted call, seen *outcome, clock func() float64,
) error {
	description := &grpc.StreamDesc{ClientStreams: wanted.ClientStream, ServerStreams: wanted.ServerStream}
	stream, err := connection.NewStream(ctx, description, wanted.Path)
	if err != nil {
		return err
	}
	for i := range wanted.Requests {
		seen.SentAtMs = append(seen.SentAtMs, clock())
		// An RPC that is over already says why when it is read.
		if stream.SendMsg(&wanted.Requests[i]) != nil {
			break
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	err = receive(stream, wanted.ServerStream, seen, clock)
	// After the status, both are there at once or never.
	header, _ := stream.Header()
	seen.Header, seen.Trailer = printable(header), printable(stream.Trailer())
	return err
}

func isBinary(key string) bool { return strings.HasSuffix(key, "-bin") }

// printable gives metadata with what is binary, which grpc-go has decoded, as base64.
func printable(received metadata.MD) metadata.MD {
	for key, values := range received {
		for i, value := range values {
			if isBinary(key) {
				values[i] = base64.StdEncoding.EncodeToString([]byte(value))
			}
		}
	}
	return received
}

// receive takes in every message up to the status; nil stands for OK.
func receive(stream grpc.ClientStream, several bool, seen *outcome, clock func() float64) error {
	for {
		var body []byte
		err := stream.RecvMsg(&body)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		seen.Messages = append(seen.Messages, message{AtMs: clock(), Body: body})
		// Where the server does not stream, grpc-go has read the status together with the only message.
		if !several {
			return nil
		}
	}
}
