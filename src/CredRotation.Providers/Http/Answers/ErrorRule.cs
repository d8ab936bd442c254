namespace CredRotation.Providers.Http.Answers;

/// <summary>What an error means for an effect. Only <see cref="Unknown"/> and <see cref="Conflict"/> leave it open whether it happened.</summary>
internal enum ErrorClass { Unknown, Rejected, Throttled, Conflict, NoCapacity }

/// <summary>Gives one kind of answer its meaning.</summary>
internal sealed record ErrorRule(AnswerMatch Match, ErrorClass Class);
