package kpi

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"

func capabilityValues() []string {
	v := make([]string, 0, len(helpdesk.Capabilities))
	for _, c := range helpdesk.Capabilities {
		v = append(v, string(c))
	}
	return v
}

// The families of a source that the ledger and the configuration tell.
var (
	TierLimitSeconds = &Family{
		Name: "helpdesk_tier_limit_seconds", Type: Gauge, Scope: ScopeSource,
		Extra: []Label{{"channel", nil}, {"clock", clockNamesList()}, {"tier", tierValues()}},
		Help:  "The limit in force.",
	}
	PromiseTier = &Family{
		Name: "helpdesk_promise_tier", Type: Gauge, Scope: ScopeSource,
		Extra: []Label{{"channel", nil}, {"clock", clockNamesList()}, {"tier", tierValues()}},
		Help:  "The promised tier of a promised clock: the label names it, the value is its number, 2 (below_average) to 5 (stellar).",
	}
	PromiseObjective = &Family{
		Name: "helpdesk_promise_objective_ratio", Type: Gauge, Scope: ScopeSource,
		Extra: []Label{{"channel", nil}, {"clock", clockNamesList()}},
		Help:  "The promised share of clock instances that meet the promised tier's limit.",
	}
	SupportOpen = &Family{
		Name: "helpdesk_support_open", Type: Gauge, Scope: ScopeSource,
		Help: "1 while the source's schedule is open; always 1 without a schedule.",
	}
	SupportHours = &Family{
		Name: "helpdesk_support_hours_ratio", Type: Gauge, Scope: ScopeSource,
		Help: "Share of the week that the source's schedule is open; 1 is 24/7.",
	}
	SupportUTCOffset = &Family{
		Name: "helpdesk_support_utc_offset_seconds", Type: Gauge, Scope: ScopeSource,
		Help: "Seconds that the clock of the source's schedule is ahead of UTC now, daylight saving included; 0 without a schedule.",
	}
	SourceFresh = &Family{
		Name: "helpdesk_source_fresh", Type: Gauge, Scope: ScopeSource,
		Help: "1 when the first sync is complete, the last good round is younger than 3 effective poll intervals and the watermark younger than max(15 min, 3 of them); else 0, and the live gauges are absent.",
	}
	SourceWatermark = &Family{
		Name: "helpdesk_source_watermark_timestamp_seconds", Type: Gauge, Scope: ScopeSource, Extra: []Label{{"stream", nil}},
		Help: "Unix time, on the helpdesk's clock, up to which everything of the stream has been read; absent before its first complete walk.",
	}
	SourceLastSuccess = &Family{
		Name: "helpdesk_source_last_success_timestamp_seconds", Type: Gauge, Scope: ScopeSource, Extra: []Label{{"stream", nil}},
		Help: "Unix time of the stream's last complete walk; absent before the first.",
	}
	BehindWatermark = &Family{
		Name: "helpdesk_behind_watermark_records_total", Type: Counter, Scope: ScopeSource, Extra: []Label{{"stream", nil}},
		Help: "Records that arrived from behind the source's watermark: applied, but they change only what was not booked.",
	}
	ReconcileCorrections = &Family{
		Name: "helpdesk_reconcile_corrections_total", Type: Counter, Scope: ScopeSource,
		Extra: []Label{{"kind", []string{"missed_update", "missed_close", "vanished"}}},
		Help:  "What the slow sweep of the open set had to put right.",
	}
	SourceCapability = &Family{
		Name: "helpdesk_source_capability", Type: Gauge, Scope: ScopeSource, Extra: []Label{{"capability", capabilityValues()}},
		Help: "What this vendor, plan and account can tell: 0 absent, 1 estimate, 2 exact.",
	}
	FirstSyncProgress = &Family{
		Name: "helpdesk_first_sync_progress_ratio", Type: Gauge, Scope: ScopeSource,
		Help: "Progress of the first sync, 1 when complete.",
	}
	StateConversations = &Family{
		Name: "helpdesk_state_conversations", Type: Gauge, Scope: ScopeSource,
		Help: "Conversations in the ledger.",
	}
	LabelsLimited = &Family{
		Name: "helpdesk_labels_limited_total", Type: Counter, Scope: ScopeSource, Extra: []Label{{"label", nil}},
		Help: "Distinct label values beyond the limit that were sent to \"other\", and agents and teams beyond the first 10,000 of a directory.",
	}
)

// SourceFamilies lists the families of a source that the engine exposes.
var SourceFamilies = []*Family{
	TierLimitSeconds, PromiseTier, PromiseObjective, SupportOpen, SupportHours, SupportUTCOffset, SourceFresh, SourceWatermark,
	SourceLastSuccess, BehindWatermark, ReconcileCorrections, SourceCapability, FirstSyncProgress, StateConversations, LabelsLimited,
}

// The families of talking to a helpdesk and of the process: they start with
// the process.
var (
	SyncFailures = &Family{
		Name: "helpdesk_sync_failures_total", Type: Counter, Scope: ScopeSource, Extra: []Label{{"stream", nil}, {"reason", nil}},
		Help: "Walks of a stream that failed, by reason.",
	}
	SkippedRecords = &Family{
		Name: "helpdesk_skipped_records_total", Type: Counter, Scope: ScopeSource, Extra: []Label{{"stream", nil}, {"reason", nil}},
		Help: "Records that could not be read and were skipped; one bad record never blocks its stream.",
	}
	ClockSkew = &Family{
		Name: "helpdesk_source_clock_skew_seconds", Type: Gauge, Scope: ScopeSource,
		Help: "The helpdesk's Date header minus our clock.",
	}
	APIRequests = &Family{
		Name: "helpdesk_api_requests_total", Type: Counter, Scope: ScopeSource, Extra: []Label{{"endpoint", nil}, {"code", nil}},
		Help: "Requests to the helpdesk's API, by endpoint template and HTTP status, or the reason where there was no answer.",
	}
	APIRequestDuration = &Family{
		Name: "helpdesk_api_request_duration_seconds", Type: Histogram, Scope: ScopeSource, Extra: []Label{{"endpoint", nil}},
		Help: "Duration of requests to the helpdesk's API.",
	}
	APIQuotaLimit = &Family{
		Name: "helpdesk_api_quota_limit", Type: Gauge, Scope: ScopeSource,
		Help: "Requests that the helpdesk allows the account per window; absent while unknown.",
	}
	APIQuotaRemaining = &Family{
		Name: "helpdesk_api_quota_remaining", Type: Gauge, Scope: ScopeSource,
		Help: "Requests that are left of the account's limit; absent while unknown.",
	}
	APIThrottled = &Family{
		Name: "helpdesk_api_throttled_seconds_total", Type: Counter, Scope: ScopeSource, Extra: []Label{{"reason", []string{"own_share", "vendor"}}},
		Help: "Time that requests waited: for the exporter's own share of the quota, or because the helpdesk asked to wait.",
	}
	WebhookDeliveries = &Family{
		Name: "helpdesk_webhook_deliveries_total", Type: Counter, Scope: ScopeSource,
		Extra: []Label{{"result", []string{"accepted", "check", "replayed", "unsigned", "stale", "malformed", "too_large", "unverifiable"}}},
		Help:  "Requests to the source's webhook, by what became of them; absent without webhook.",
	}
	AlertsPushed = &Family{
		Name: "helpdesk_alerts_pushed_total", Type: Counter, Scope: ScopeSource, Extra: []Label{{"result", []string{"accepted", "refused", "unreachable"}}},
		Help: "Alerts sent to an Alertmanager, by result: each attempt, renewal and resolution counts, for each Alertmanager.",
	}
	AlertPushDelay = &Family{
		Name: "helpdesk_alert_push_delay_seconds", Type: Histogram, Scope: ScopeSource,
		Help: "Time from the deadline of a conversation to the acceptance of its breach by the first Alertmanager; breaches in a summary are not in it.",
	}
	StateSize = &Family{
		Name: "helpdesk_state_size_bytes", Type: Gauge, Scope: ScopeProcess,
		Help: "Size of the ledger on disk.",
	}
	StateCommitDuration = &Family{
		Name: "helpdesk_state_commit_duration_seconds", Type: Histogram, Scope: ScopeProcess,
		Help: "Duration of durable commits to the ledger.",
	}
	BuildInfo = &Family{
		Name: "helpdesk_exporter_build_info", Type: Gauge, Scope: ScopeProcess,
		Extra: []Label{{"branch", nil}, {"goarch", nil}, {"goos", nil}, {"goversion", nil}, {"revision", nil}, {"tags", nil}, {"version", nil}},
		Help:  "A metric with a constant '1' value labeled by version, revision, branch, goversion from which helpdesk_exporter was built, and the goos and goarch for the build.",
	}
	ConfigReloadSuccessful = &Family{
		Name: "helpdesk_config_last_reload_successful", Type: Gauge, Scope: ScopeProcess,
		Help: "Whether the last configuration reload attempt was successful.",
	}
	ConfigReloadTimestamp = &Family{
		Name: "helpdesk_config_last_reload_success_timestamp_seconds", Type: Gauge, Scope: ScopeProcess,
		Help: "Timestamp of the last successful configuration reload.",
	}
	SidecarWriteSuccessful = &Family{
		Name: "helpdesk_sidecar_last_write_successful", Type: Gauge, Scope: ScopeProcess, Extra: sidecarOutput,
		Help: "Whether the folder of the sidecar was as it should be, or could be made so, at the last look; absent without sidecar.",
	}
	SidecarWriteTimestamp = &Family{
		Name: "helpdesk_sidecar_last_write_success_timestamp_seconds", Type: Gauge, Scope: ScopeProcess, Extra: sidecarOutput,
		Help: "Unix time when the folder of the sidecar was last as it should be: it is looked at every minute.",
	}
	SidecarReloadSuccessful = &Family{
		Name: "helpdesk_sidecar_last_reload_successful", Type: Gauge, Scope: ScopeProcess, Extra: sidecarOutput,
		Help: "Whether the last attempt to have Prometheus load what was written was successful; absent before the first.",
	}
	SidecarReloadTimestamp = &Family{
		Name: "helpdesk_sidecar_last_reload_success_timestamp_seconds", Type: Gauge, Scope: ScopeProcess, Extra: sidecarOutput,
		Help: "Unix time of the last successful attempt to have Prometheus load what was written; absent before the first.",
	}
	SidecarReloads = &Family{
		Name: "helpdesk_sidecar_reloads_total", Type: Counter, Scope: ScopeProcess, Extra: sidecarOutput,
		Help: "Attempts to have Prometheus load what was written; one that fails is repeated.",
	}
	SidecarReloadsFailed = &Family{
		Name: "helpdesk_sidecar_reloads_failed_total", Type: Counter, Scope: ScopeProcess, Extra: sidecarOutput,
		Help: "Attempts to have Prometheus load what was written that failed.",
	}
)

var sidecarOutput = []Label{{"output", []string{"boards", "rules"}}}

// OperationalFamilies lists the families of talking to helpdesks and of the
// process.
var OperationalFamilies = []*Family{
	SyncFailures, SkippedRecords, ClockSkew, APIRequests, APIRequestDuration, APIQuotaLimit, APIQuotaRemaining, APIThrottled,
	WebhookDeliveries, AlertsPushed, AlertPushDelay, StateSize, StateCommitDuration, BuildInfo, ConfigReloadSuccessful, ConfigReloadTimestamp,
	SidecarWriteSuccessful, SidecarWriteTimestamp, SidecarReloadSuccessful, SidecarReloadTimestamp, SidecarReloads, SidecarReloadsFailed,
}
