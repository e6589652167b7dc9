package e2e_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"
)

// forward is a proxy as it stands in front of a service: it keeps the host and says who asked.
func forward(to *url.URL) http.Handler {
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: to.Scheme, Host: "127.0.0.1:" + to.Port()})
		r.Out.Host = r.In.Host
		r.SetXForwarded()
	}}
}

// line stands between browser and service. The query of a request says what happens to its answer, which the service has
// given by then: ?drop loses it; ?meeting=NAME&turn=2&of=5 holds it until five of that meeting are there, and then lets
// them go in their turns, whatever the order in which they were asked for. /passages tells what has passed so far.
type line struct {
	next http.Handler

	mu       sync.Mutex
	meetings map[string]*meeting
	passed   []passage
}

// passage is what a service was asked and answered, whatever the browser makes of it.
type passage struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"`
}

type meeting struct {
	here int
	turn int
	wake *sync.Cond
}

func newLine(to *url.URL) *line {
	return &line{next: forward(to), meetings: map[string]*meeting{}}
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/passages" {
		l.tell(w)
		return
	}
	query := r.URL.Query()
	r.URL.RawQuery = ""
	answer := httptest.NewRecorder()
	l.next.ServeHTTP(answer, r)
	l.note(passage{r.Method, r.URL.Path, answer.Code})
	if query.Has("drop") {
		panic(http.ErrAbortHandler)
	}
	if query.Has("meeting") {
		turn, _ := strconv.Atoi(query.Get("turn"))
		of, _ := strconv.Atoi(query.Get("of"))
		done := l.await(query.Get("meeting"), turn, of)
		defer done()
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
	_ = http.NewResponseController(w).Flush()
}

func (l *line) note(p passage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.passed = append(l.passed, p)
}

func (l *line) tell(w http.ResponseWriter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = json.NewEncoder(w).Encode(append([]passage{}, l.passed...))
}

// await returns when all have met and it is this one's turn; the next one's comes when the returned function was called.
func (l *line) await(name string, turn, of int) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	m, ok := l.meetings[name]
	if !ok {
		m = &meeting{turn: 1, wake: sync.NewCond(&l.mu)}
		l.meetings[name] = m
	}
	m.here++
	m.wake.Broadcast()
	for m.here < of || m.turn != turn {
		m.wake.Wait()
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		m.turn++
		m.wake.Broadcast()
	}
}

// The line itself: no answer comes before all have met, then all do; and a dropped one does not although the service gave it.
func TestLine(t *testing.T) {
	asked := make(chan string, 10)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.RawQuery
		_, _ = io.WriteString(w, "answer")
	}))
	defer service.Close()
	to, err := url.Parse(service.URL)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(newLine(to))
	defer front.Close()
	get := func(query string) (string, error) {
		r, err := http.Get(front.URL + "/x" + query)
		if err != nil {
			return "", err
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		return string(body), err
	}

	if body, err := get("?drop"); err == nil {
		t.Errorf("a dropped answer came: %q", body)
	}
	if query := <-asked; query != "" {
		t.Errorf("the service saw the query %q", query)
	}
	came := make(chan int, 5)
	for turn := 5; turn >= 1; turn-- {
		go func() {
			if _, err := get("?meeting=a&of=5&turn=" + strconv.Itoa(turn)); err != nil {
				t.Error(err)
			}
			came <- turn
		}()
		select {
		case n := <-came:
			t.Fatalf("answer %d came before all had met", n)
		case <-asked:
		case <-time.After(time.Minute):
			t.Fatal("the service was not asked")
		}
	}
	seen := map[int]bool{}
	for range 5 {
		seen[<-came] = true
	}
	if len(seen) != 5 {
		t.Errorf("came: %v", seen)
	}
}
