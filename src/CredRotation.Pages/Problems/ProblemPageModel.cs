namespace CredRotation.Pages.Problems;

/// <summary>Why something was not done, for a person.</summary>
public sealed record ProblemPageModel(string Title, string Detail, string WhatStillWorks, string Next);
