using CredRotation.Engine;
using CredRotation.Pages.Cards;
using CredRotation.Pages.Mail;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Pages;

/// <summary>Registers everything that people see.</summary>
public static class PagesServices
{
    public static IServiceCollection AddPages(this IServiceCollection services)
        => services
            .AddSingleton<PageRenderer>()
            .AddSingleton<INoticeRenderer, TeamsCards>()
            .AddSingleton<IMailRenderer, NoticeMails>();
}
