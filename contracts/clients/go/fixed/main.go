// A right ARES client on net/http.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

const silence = 120 * time.Second

// The question is not for another server: a redirect is an answer like any other, with a wrong status.
var client = http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// streamChat asks and streams the answer: show is called for each piece as it comes, the whole text is returned.
// It fails where the status or the type is wrong, the connection fails, the body ends too soon or falls silent;
// the text is then the start of the answer.
func streamChat(url, path, token, message string, show func(string)) (string, error) {
	question, err := json.Marshal(map[string]string{"message": message})
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	patience := time.AfterFunc(silence, cancel)
	defer patience.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+path, bytes.NewReader(question))
	if err != nil {
		return "", err
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if err := refuseAllButEvents(response); err != nil {
		return "", err
	}

	var text strings.Builder
	events := eventStream{show: func(piece string) {
		text.WriteString(piece)
		show(piece)
	}}
	received := make([]byte, 64*1024)
	for {
		n, err := response.Body.Read(received)
		patience.Reset(silence)
		events.feed(received[:n])
		if errors.Is(err, io.EOF) {
			return text.String(), nil
		}
		if ctx.Err() != nil {
			err = fmt.Errorf("no byte for %v", silence)
		}
		if err != nil { // io.ErrUnexpectedEOF among them: the body ended too soon
			return text.String(), err
		}
	}
}

func refuseAllButEvents(response *http.Response) error {
	if response.StatusCode != http.StatusOK {
		excerpt, _ := io.ReadAll(io.LimitReader(response.Body, 300)) // what there is of it
		return fmt.Errorf("HTTP %s: %s", response.Status, excerpt)
	}
	mediaType, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(mediaType), "text/event-stream") {
		return fmt.Errorf("content type %q, expected text/event-stream", mediaType)
	}
	return nil
}

// eventStream is WHATWG HTML, 9.2.5 and 9.2.6: bytes as they come in, the data of each finished event to show.
// Lines are cut from bytes, whole before they are decoded, so where reads end does not matter. bufio.Scanner would
// stop at a line of 64 KiB and knows no CR.
type eventStream struct {
	show       func(string)
	unfinished []byte
	afterCR    bool
	afterBOM   bool
	data       []string
}

func (s *eventStream) feed(received []byte) {
	for len(received) > 0 {
		if s.afterCR && received[0] == '\n' { // the rest of a CRLF
			received = received[1:]
		}
		s.afterCR = false
		end := bytes.IndexAny(received, "\r\n")
		if end < 0 {
			s.unfinished = append(s.unfinished, received...)
			return
		}
		s.line(string(append(s.unfinished, received[:end]...)))
		s.unfinished = s.unfinished[:0]
		s.afterCR = received[end] == '\r'
		received = received[end+1:]
	}
}

func (s *eventStream) line(line string) {
	if !s.afterBOM {
		line = strings.TrimPrefix(line, "\uFEFF")
		s.afterBOM = true
	}
	if line == "" {
		if s.data != nil {
			s.show(strings.Join(s.data, "\n"))
		}
		s.data = nil
		return
	}
	field, value, _ := strings.Cut(line, ":")
	if field == "data" { // ARES has no event types and no ids, so no other field counts
		s.data = append(s.data, strings.ToValidUTF8(strings.TrimPrefix(value, " "), "\uFFFD"))
	}
}

func main() {
	show := func(piece string) { fmt.Print(piece) }
	_, err := streamChat(os.Getenv("ARES_URL"), os.Getenv("ARES_PATH"), os.Getenv("ARES_TOKEN"), os.Getenv("ARES_MESSAGE"), show)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
