package collectortest

var answerScenarios []scenario
